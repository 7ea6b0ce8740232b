/** What an AWS region's name looks like, in every partition: `eu-west-1`, `us-gov-east-1`. */
export const REGION_NAME = /^[a-z]{2,}(?:-[a-z]+)+-\d+$/
