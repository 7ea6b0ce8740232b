import * as z from 'zod'
import { REGION_NAME } from './region.ts'

/** What a key may hold: nothing that `s3()` or a URL takes for more than itself. */
export const PLAIN_KEY = /^[\w.=:/+@~!-]+$/

/** A bucket that the database itself reads from, and how; one entry of `costExports` or `flowLogs`. */
export const BulkBucket = z.strictObject({
  /** How rows and `polo status` call it; it must stay the same for as long as its data is kept. */
  name: z.string().regex(/^[a-z0-9][\w.-]{0,63}$/i, 'expected a name of letters, digits, . _ and -'),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'not the name of an S3 bucket'),
  /** What the keys begin with; '' is the whole bucket. */
  prefix: z
    .string()
    .regex(
      /^([\w.=:/+@~!-]+\/)?$/,
      "expected a prefix that ends with '/', of letters, digits and . = : / + @ ~ ! _ -",
    )
    .default(''),
  region: z.string().regex(REGION_NAME, 'not an AWS region name'),
  /** The role that ClickHouse assumes to read it (ClickHouse Cloud, or a server that may assume it). */
  roleArn: z
    .string()
    .regex(/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'not the ARN of an IAM role')
    .optional(),
  /** The KMS key that encrypts its objects, where it is not S3's own: the role that a deploy makes for ClickHouse may use it. */
  kmsKeyArn: z
    .string()
    .regex(/^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, 'not the ARN of a KMS key')
    .optional(),
  /** A named collection of the server that holds the credentials. */
  namedCollection: z
    .string()
    .regex(/^[a-z_]\w*$/i, 'expected the name of a named collection: letters, digits and _')
    .optional(),
  /** Of a store other than AWS's that speaks S3, such as `http://127.0.0.1:9000`. */
  endpoint: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:9000' })
    .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
      error: 'credentials in a URL would be in the log of queries: put them into a named collection',
    })
    .optional(),
})
export type BulkBucket = z.infer<typeof BulkBucket>

/** Sources of one kind. */
export const BulkBuckets = z.array(BulkBucket).superRefine((sources, context) => {
  const names = new Set<string>()
  for (const [index, { name, roleArn, namedCollection }] of sources.entries()) {
    if (names.has(name)) {
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `there are two named ${name}` })
    }
    names.add(name)
    if (roleArn !== undefined && namedCollection !== undefined) {
      const message = 'roleArn and namedCollection are two ways to read the bucket: keep one'
      context.addIssue({ code: 'custom', path: [index, 'roleArn'], message })
    }
  }
})
