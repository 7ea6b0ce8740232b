import * as z from 'zod'
import { IsoTime } from './event.ts'
import { deterministicId } from './identity.ts'

/** What is brought in by the database itself, as whole files. */
export const BULK_LOAD_KINDS = ['cur', 'flow_logs'] as const
export type BulkLoadKind = (typeof BULK_LOAD_KINDS)[number]

/** The request to load one object, or what one manifest names; one row of `bulk_loads`. */
export const BulkLoad = z.strictObject({
  load_id: z.uuid(),
  kind: z.enum(BULK_LOAD_KINDS),
  /** The source's name in `polo.config.ts`. */
  source: z.string().min(1),
  /** What is replaced by it: of several pending requests for one target only the newest is loaded. */
  target: z.string().min(1),
  /** 'file': a directory of the machine that the loader runs on, which an operator named. */
  storage: z.enum(['s3', 'file']),
  /** The account that asked; '' where nobody knows. */
  aws_account_id: z.string(),
  /** The bucket, or the directory as an absolute path. */
  bucket: z.string().min(1),
  region: z.string(),
  key: z.string().min(1),
  /** Of the object, without quotes: written again, it is another request. */
  etag: z.string(),
  bytes: z.int().nonnegative(),
  modified_at: IsoTime,
  observed_at: IsoTime,
})
export type BulkLoad = z.infer<typeof BulkLoad>

/** A request as collectors yield it: who publishes it says when it was seen. */
export type LoadRequest = Omit<BulkLoad, 'observed_at'>

/** A request with its id, which is the same whoever asks for the same object: its event, or a look at the bucket. */
export function requestLoad(fields: Omit<LoadRequest, 'load_id'>): LoadRequest {
  const { kind, source, storage, bucket, key, etag } = fields
  return { ...fields, load_id: deterministicId(kind, source, storage, bucket, key, etag) }
}

/**
 * The row of a request.
 * @throws ZodError
 */
export function makeBulkLoad({ observed_at, ...fields }: Omit<BulkLoad, 'load_id'>): BulkLoad {
  return BulkLoad.parse({ ...requestLoad(fields), observed_at })
}
