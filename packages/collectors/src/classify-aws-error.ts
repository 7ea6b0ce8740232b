import { redact } from './redact.ts'

/** Why a call did not give an answer: the outcome for the region, a bounded code, and a line for people that has the code in it. */
export interface AwsFailure {
  readonly outcome: 'denied' | 'throttled' | 'failed'
  readonly code: string
  readonly message: string
}

interface Verdict {
  readonly outcome: AwsFailure['outcome']
  /** What a person can do about it. */
  readonly advice?: string
}

const REFRESH = 'Refresh your credentials, e.g. aws sso login.'
const CHECK_KEYS = 'Check which credentials are used (aws sts get-caller-identity).'
const CHECK_CLOCK = "Check the secret key and this machine's clock."
const PROVIDE = 'Set AWS_PROFILE, sign in with aws sso login, or run aws configure.'
const ALLOW = 'Allow the action in the IAM policy of these credentials.'
const CHECK_NETWORK = "Check the network, the proxy and the region's or endpoint's name."
const ENABLE = 'Enable the region or the service in this account.'
const WAIT_FOR_COSTS =
  'Open Cost Explorer once in the console of the payer account to enable it; the first data takes a day.'

const denied = (advice?: string): Verdict => (advice ? { outcome: 'denied', advice } : { outcome: 'denied' })
const throttled: Verdict = { outcome: 'throttled' }
const unreachable: Verdict = { outcome: 'failed', advice: CHECK_NETWORK }

const VERDICTS: Readonly<Record<string, Verdict>> = {
  AccessDenied: denied(ALLOW),
  AccessDeniedException: denied(ALLOW),
  AuthorizationError: denied(ALLOW),
  AuthorizationErrorException: denied(ALLOW),
  Forbidden: denied(ALLOW),
  ForbiddenException: denied(ALLOW),
  InvalidAccessException: denied(ALLOW),
  NotAuthorized: denied(ALLOW),
  NotAuthorizedException: denied(ALLOW),
  UnauthorizedAccess: denied(ALLOW),
  UnauthorizedException: denied(ALLOW),
  UnauthorizedOperation: denied(ALLOW),
  AuthFailure: denied(CHECK_KEYS),
  IncompleteSignature: denied(CHECK_KEYS),
  InvalidAccessKeyId: denied(CHECK_KEYS),
  InvalidClientTokenId: denied(CHECK_KEYS),
  InvalidToken: denied(CHECK_KEYS),
  MissingAuthenticationToken: denied(CHECK_KEYS),
  MissingAuthenticationTokenException: denied(CHECK_KEYS),
  UnrecognizedClientException: denied(CHECK_KEYS),
  InvalidSignatureException: denied(CHECK_CLOCK),
  RequestTimeTooSkewed: denied(CHECK_CLOCK),
  SignatureDoesNotMatch: denied(CHECK_CLOCK),
  ExpiredToken: denied(REFRESH),
  ExpiredTokenException: denied(REFRESH),
  RequestExpired: denied(REFRESH),
  TokenProviderError: denied(REFRESH),
  TokenRefreshRequired: denied(REFRESH),
  CredentialsProviderError: denied(PROVIDE),
  MissingCredentialsError: denied(),
  AssumeRoleDeniedError: denied(),
  Blocked: denied(),
  OptInRequired: denied(ENABLE),
  PendingVerification: denied(),
  RegionDisabledException: denied(ENABLE),
  SubscriptionRequiredException: denied(ENABLE),

  BandwidthLimitExceeded: throttled,
  EC2ThrottledException: throttled,
  LimitExceededException: throttled,
  PriorRequestNotComplete: throttled,
  ProvisionedThroughputExceededException: throttled,
  RequestLimitExceeded: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  SlowDown: throttled,
  ThrottledException: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  TooManyRequestsException: throttled,

  DataUnavailableException: { outcome: 'failed', advice: WAIT_FOR_COSTS },

  EAI_AGAIN: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENOTFOUND: unreachable,
  EPIPE: unreachable,
  ETIMEDOUT: unreachable,
  TimeoutError: unreachable,
  AbortError: { outcome: 'failed' },
}

const TOO_MANY_REQUESTS = 429
const UNKNOWN = 'UnknownError'
const BOUNDED_CODE = /^[\w.:-]{1,100}$/
/** Codes that CloudTrail and older services write with the side at fault in front. */
const FAULT_SIDE = /^(?:Client|Server)\./
/** Says nothing: the error's `code` or its cause says more. */
const GENERIC_NAMES = new Set(['Error', 'AggregateError', 'TypeError'])

/** Reads any error that an AWS call may throw, by its code or name; its message never decides. */
export function classifyAwsError(error: unknown): AwsFailure {
  const codes = [...codesOf(error)]
  const known = codes.find((code) => Object.hasOwn(VERDICTS, code))
  const code = known ?? codes.find((candidate) => !GENERIC_NAMES.has(candidate)) ?? codes[0] ?? UNKNOWN
  const fallback: Verdict = isTooManyRequests(error) ? throttled : { outcome: 'failed' }
  const { outcome, advice } = (known === undefined ? undefined : VERDICTS[known]) ?? fallback
  const text = redact(error instanceof Error ? error.message : String(error))
  const message = text && text !== code ? `${code}: ${text}` : code
  return { outcome, code, message: advice ? `${withFullStop(message)} ${advice}` : message }
}

function* codesOf(error: unknown, depth = 0): Generator<string> {
  if (!(error instanceof Error) || depth > 3) return
  for (const key of ['name', 'Code', 'code']) {
    const value: unknown = Reflect.get(error, key)
    if (typeof value !== 'string') continue
    const code = value.replace(FAULT_SIDE, '')
    if (BOUNDED_CODE.test(code)) yield code
  }
  yield* codesOf(error.cause, depth + 1)
}

function isTooManyRequests(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 3) return false
  const metadata: unknown = Reflect.get(error, '$metadata')
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) {
    return isTooManyRequests(error.cause, depth + 1)
  }
  return metadata.httpStatusCode === TOO_MANY_REQUESTS
}

function withFullStop(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`
}
