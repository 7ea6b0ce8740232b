/** An answer of AWS lacks what every such answer has, so nothing can be concluded from it. */
export class UnexpectedAnswerError extends Error {
  override name = 'UnexpectedAnswerError'
}

/** What the configuration names is not one thing but several, which cannot stand for each other. */
export class AmbiguousSourceError extends Error {
  override name = 'AmbiguousSourceError'
}

/** SQS did not take a block after all retries; the events in it are not published. */
export class PublishError extends Error {
  override name = 'PublishError'
}

/** The month's budget for calls that AWS charges for is spent; the message says what it is. */
export class BudgetSpentError extends Error {
  override name = 'BudgetSpentError'
}

/** What Polo itself remembers could not be read or stored; the message says where, and why. It says nothing of the account. */
export class MemoryError extends Error {
  override name = 'MemoryError'
}

/** The run's time was up, or it was interrupted, before it had seen everything. */
export class TimeIsUpError extends Error {
  override name = 'TimeIsUpError'
}

/** The source of AWS accounts did not name any; the message says which source, AWS's code, and what to do. */
export class AccountDiscoveryError extends Error {
  override name = 'AccountDiscoveryError'
}

/** No source of AWS credentials has any; the message says what to do. */
export class MissingCredentialsError extends Error {
  override name = 'MissingCredentialsError'
}

/** The credentials are another account's than the one to be looked at. */
export class WrongAccountError extends Error {
  override name = 'WrongAccountError'
}

/** AWS did not let the hub assume an account's read role; the message names the role and says what to check. */
export class AssumeRoleDeniedError extends Error {
  override name = 'AssumeRoleDeniedError'
}

/** An account's read role could not be assumed, for another reason than a refusal; the cause is AWS's error. */
export class AssumeRoleError extends Error {
  override name = 'AssumeRoleError'
}
