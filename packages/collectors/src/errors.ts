/** An answer of AWS lacks what every such answer has, so nothing can be concluded from it. */
export class UnexpectedAnswerError extends Error {
  override name = 'UnexpectedAnswerError'
}

/** SQS did not take a block after all retries; the events in it are not published. */
export class PublishError extends Error {
  override name = 'PublishError'
}

/** The run's time was up, or it was interrupted, before it had seen everything. */
export class TimeIsUpError extends Error {
  override name = 'TimeIsUpError'
}

/** No collector of that name is in the registry. */
export class UnknownCollectorError extends Error {
  override name = 'UnknownCollectorError'
}
