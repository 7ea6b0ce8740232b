/** Something a person typed or configured is wrong; the message says what, where and what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** A string that should be an ARN is not one. */
export class InvalidArnError extends Error {
  override name = 'InvalidArnError'
}

/** One event whose block alone would exceed what a message may carry. It is never cut short. */
export class EventTooLargeError extends Error {
  override name = 'EventTooLargeError'
}

/** Why the bytes of an envelope are not the block that they claim to be. */
export type BlockFault =
  | 'hash_mismatch'
  | 'undecodable'
  | 'too_large'
  | 'row_count_mismatch'
  | 'malformed_rows'
  | 'column_mismatch'

/** The bytes of an envelope are not the block that they claim to be; `fault` says in what. */
export class BlockError extends Error {
  override name = 'BlockError'
  readonly fault: BlockFault
  constructor(fault: BlockFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** An SQS body is not an envelope: not JSON, or fields missing or wrong. */
export class EnvelopeError extends Error {
  override name = 'EnvelopeError'
}

/** An envelope of a version or schema that this release does not know yet: a deploy is under way. */
export class UnknownEnvelopeError extends Error {
  override name = 'UnknownEnvelopeError'
}
