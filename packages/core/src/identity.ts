import { hash } from 'node:crypto'

/** Namespace of every UUIDv5 that Polo makes; changing it would change the identity of all stored rows. */
const NAMESPACE = '6f1d6a5e-3a0b-5c1e-9d57-0b1f6c2a7e48'
const NAMESPACE_BYTES = Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex')

/** UUIDv5 (RFC 9562 §5.5) of `parts`; ['a', 'bc'] and ['ab', 'c'] differ. */
export function deterministicId(...parts: readonly string[]): string {
  return uuidV5(JSON.stringify(parts), NAMESPACE_BYTES)
}

/** UUIDv5 (RFC 9562 §5.5) of `name` in the namespace whose 16 bytes are given. */
export function uuidV5(name: string, namespace: Buffer): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex')
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
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
  return deterministicId(
    identity.collector,
    identity.aws_account_id,
    identity.aws_region,
    identity.resource_arn || identity.resource_id,
    identity.event_type,
    identity.event_action,
    identity.event_time,
    identity.discriminator ?? '',
  )
}
