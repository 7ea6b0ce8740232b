/** A recording of AWS answers cannot be used as it is: its layout, or one of its files. */
export class RecordingError extends Error {
  override name = 'RecordingError'
}

/** Nothing, or nothing more, was recorded for a call; the message names the file that would answer it. */
export class MissingRecordingError extends Error {
  override name = 'MissingRecordingError'
}

/** An error that AWS answered with, as the SDK throws it: `name` is AWS's code, so that the SDK's retries know it. */
export class RecordedServiceError extends Error {
  readonly Code: string
  readonly $fault: 'client' | 'server'
  readonly $metadata: { httpStatusCode: number; requestId?: string }

  constructor({
    code,
    message,
    status,
    requestId,
  }: {
    code: string
    message: string
    status: number
    requestId: string | undefined
  }) {
    super(message)
    this.name = code
    this.Code = code
    this.$fault = status >= 500 ? 'server' : 'client'
    this.$metadata = { httpStatusCode: status, ...(requestId === undefined ? {} : { requestId }) }
  }
}
