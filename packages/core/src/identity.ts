import { hash } from 'node:crypto'

/** Namespace of every UUIDv5 that Polo makes; changing it would change the identity of all stored rows. */
export const EVENT_ID_NAMESPACE = '6f1d6a5e-3a0b-5c1e-9d57-0b1f6c2a7e48'
const VARIANTS = '89ab'
/** UTF-16 code units become at most this many bytes of UTF-8 each. */
const MAX_UTF8_BYTES = 3
/** Namespace and name of one id after the other, so that none needs memory of its own. */
const SCRATCH = Buffer.allocUnsafeSlow(4096)
/** The beginning of `SCRATCH` by its length, so that no id needs a view of its own. */
const VIEWS: Buffer[] = []
const NAMESPACE_BYTES = Buffer.from(EVENT_ID_NAMESPACE.replaceAll('-', ''), 'hex')

/** UUIDv5 (RFC 9562 §5.5) of `parts`; ['a', 'bc'] and ['ab', 'c'] differ. */
export function deterministicId(...parts: readonly string[]): string {
  return uuidV5(JSON.stringify(parts), NAMESPACE_BYTES)
}

/** UUIDv5 (RFC 9562 §5.5) of `name` in the namespace whose 16 bytes are given. */
export function uuidV5(name: string, namespace: Buffer): string {
  const digest = hash('sha1', join(namespace, name), 'hex')
  const variant = VARIANTS.charAt(Number.parseInt(digest.charAt(16), 16) & 0x3)
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
}

/** Valid until the next call. */
function join(namespace: Buffer, name: string): Buffer {
  if (name.length * MAX_UTF8_BYTES > SCRATCH.length - 16) return Buffer.concat([namespace, Buffer.from(name)])
  SCRATCH.set(namespace)
  const end = 16 + SCRATCH.write(name, 16)
  VIEWS[end] ??= SCRATCH.subarray(0, end)
  return VIEWS[end]
}

/** What makes two observations the same one. `discriminator` is needed where the rest does not tell two apart. */
export interface EventIdentity {
  collector: string
  aws_account_id: string
  aws_region: string
  resource_arn: string
  resource_id: string
  event_type: string
  event_action: string
  event_time: string
  discriminator?: string | undefined
}

/** The deterministic `event_id`: observing the same thing for the same time again gives the same id. */
export function eventId(identity: EventIdentity): string {
  const resource = JSON.stringify(identity.resource_arn || identity.resource_id)
  return uuidV5(`[${whereJson(identity)},${resource},${whatJson(identity)}]`, NAMESPACE_BYTES)
}

const whereJson = rememberJson(['collector', 'aws_account_id', 'aws_region'])
const whatJson = rememberJson(['event_type', 'event_action', 'event_time', 'discriminator'])

/** Writes fields as JSON does within a list, and not again if they are those of the call before, as most events' are. */
function rememberJson(fields: readonly (keyof EventIdentity)[]): (identity: EventIdentity) => string {
  let last: Partial<EventIdentity> = {}
  let json = fields.map(() => '""').join()
  return (identity) => {
    for (const field of fields) {
      if ((identity[field] ?? '') === (last[field] ?? '')) continue
      last = { ...identity }
      json = fields.map((name) => JSON.stringify(identity[name] ?? '')).join()
      break
    }
    return json
  }
}
