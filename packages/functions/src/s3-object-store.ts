import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { ObjectStore } from '@polo/collectors'

/** A small object takes a moment; all tries together end before the dispatcher stops to wait for them. */
export const STATE_CLIENT_SETTINGS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const

/**
 * Objects of a bucket. Needs s3:GetObject and s3:PutObject, and s3:ListBucket: without it S3 says "denied" and not
 * "not there" of an object that does not exist.
 */
export function s3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    async read(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return await Body?.transformToString('utf8')
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined
        throw error
      }
    },
    async write(key, body) {
      const object = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }
      await client.send(new PutObjectCommand(object))
    },
  }
}
