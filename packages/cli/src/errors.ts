/** The command line asks for something that cannot be; the message says what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A server that the command needs does not answer, or not as it should; the message says which and what to do. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
}

/** ClickHouse refused the query, or failed while it answered. */
export class QueryError extends Error {
  override name = 'QueryError'
  /** ClickHouse's error code. */
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

/** Ctrl-C or SIGTERM ended the command before it had done what it was asked. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
}
