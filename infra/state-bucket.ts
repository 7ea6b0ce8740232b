import { settings } from './stage.ts'

// SST's own link allows everything on the bucket; who may do what is said where the function is.
sst.Linkable.wrap(sst.aws.Bucket, (bucket) => ({ properties: { name: bucket.name } }))

/** What must be remembered between invocations: the dispatcher's last good list of accounts, collectors' states. */
export const stateBucket = new sst.aws.Bucket('StateBucket', {
  cors: false,
  transform: { bucket: { forceDestroy: !settings.keepData } },
})

new aws.s3.BucketServerSideEncryptionConfiguration('StateBucketEncryption', {
  bucket: stateBucket.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
})

/** What lets a function read and write the objects under a prefix, and nothing else in the bucket. */
export function statePermissions(prefix: string) {
  return [
    { actions: ['s3:GetObject', 's3:PutObject'], resources: [$interpolate`${stateBucket.arn}/${prefix}/*`] },
    // Without it S3 says "denied", and not "not there", of an object that does not exist.
    { actions: ['s3:ListBucket'], resources: [stateBucket.arn] },
  ]
}
