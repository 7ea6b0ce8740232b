import { SQSClient } from '@aws-sdk/client-sqs'

/** The one region and account that the embedded SQS knows; both are part of its queue ARNs. */
export const LOCAL_SQS_REGION = 'us-east-1'
export const LOCAL_SQS_ACCOUNT = '000000000000'

/** A client for the embedded SQS at `endpoint`; the embedded server checks no credentials. */
export function sqsClient(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: LOCAL_SQS_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    useQueueUrlAsEndpoint: false,
  })
}
