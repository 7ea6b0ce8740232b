/**
 * The store did not take inserts through no fault of the messages: the whole batch must come back.
 * `code` is ClickHouse's, the network's, or the HTTP status (`HTTP_502`); it decides nothing any more.
 */
export class OutageError extends Error {
  override name = 'OutageError'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
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
