/** The codes of what went wrong, for logs and for telling whether ClickHouse itself said it. */
export interface FailureCode {
  /** ClickHouse's code; 0 where it gave none. */
  readonly clickhouseCode: number
  /** Bounded: ClickHouse's code, the network's, or the HTTP status (`HTTP_502`). */
  readonly code: string
}

/** The store did not take inserts through no fault of the messages: the whole batch must come back. */
export class OutageError extends Error implements FailureCode {
  override name = 'OutageError'
  readonly clickhouseCode: number
  readonly code: string
  constructor({ clickhouseCode, code }: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.clickhouseCode = clickhouseCode
    this.code = code
  }
}

/** ClickHouse, or what stands in front of it, refused a request; `code` is 0 where no code was given. */
export class InsertError extends Error {
  override name = 'InsertError'
  readonly code: number
  readonly status: number
  constructor({ code, status, message }: { code: number; status: number; message: string }) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** Lambda takes no change of an event source mapping until it is through with the one before, which may take a minute. */
export class MappingBusyError extends Error {
  override name = 'MappingBusyError'
}
