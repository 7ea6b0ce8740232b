import { hash } from 'node:crypto'

/** Namespace of every UUIDv5 that Polo makes; changing it would change the identity of all stored rows. */
const NAMESPACE = '6f1d6a5e-3a0b-5c1e-9d57-0b1f6c2a7e48'
const VARIANTS = '89ab'
/** UTF-16 code units become at most this many bytes of UTF-8 each. */
const MAX_UTF8_BYTES = 3
/** Namespace and name of one id after the other, so that none needs memory of its own. */
const SCRATCH = Buffer.allocUnsafeSlow(4096)
const NAMESPACE_BYTES = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex')

/** UUIDv5 (RFC 9562 §5.5) of `parts`; ['a', 'bc'] and ['ab', 'c'] differ. */
export function deterministicId(...parts: readonly string[]): string {
  return uuidV5(JSON.stringify(parts), NAMESPACE_BYTES)
}

/** UUIDv5 (RFC 9562 §5.5) of `name` in the namespace whose 16 bytes are given. */
export function uuidV5(name: string, namespace: Buffer): string {
  const bytes = name.length * MAX_UTF8_BYTES <= SCRATCH.length - 16 ? SCRATCH : roomFor(name)
  bytes.set(namespace)
  const end = 16 + bytes.write(name, 16)
  const digest = hash('sha1', bytes.subarray(0, end), 'hex')
  const variant = VARIANTS.charAt(Number.parseInt(digest.charAt(16), 16) & 0x3)
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
}

function roomFor(name: string): Buffer {
  return Buffer.alloc(16 + Buffer.byteLength(name))
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
  const { collector, aws_account_id, aws_region, event_type, event_action, event_time } = identity
  const where = whereJson(collector, aws_account_id, aws_region)
  const resource = JSON.stringify(identity.resource_arn || identity.resource_id)
  const what = whatJson(event_type, event_action, event_time, identity.discriminator ?? '')
  return uuidV5(`[${where},${resource},${what}]`, NAMESPACE_BYTES)
}

const whereJson = rememberLastJson()
const whatJson = rememberLastJson()

/** Writes texts as JSON does within a list, and not again if they are those of the call before, as most events' are. */
function rememberLastJson(): (...texts: readonly string[]) => string {
  let last: readonly string[] = []
  let json = ''
  return (...texts) => {
    if (texts.length === last.length && texts.every((text, index) => text === last[index])) return json
    last = texts
    json = JSON.stringify(texts).slice(1, -1)
    return json
  }
}
