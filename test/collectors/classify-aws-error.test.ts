import { describe, expect, test } from 'vitest'
import { classifyAwsError } from '../../packages/collectors/src/classify-aws-error.ts'

function awsError(name: string, message = 'no', httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } })
}

function systemError(code: string): Error {
  return Object.assign(new Error('it did not work'), { code })
}

const DENIED = [
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'Forbidden',
  'ForbiddenException',
  'InvalidAccessException',
  'NotAuthorized',
  'NotAuthorizedException',
  'UnauthorizedAccess',
  'UnauthorizedException',
  'UnauthorizedOperation',
  'AuthFailure',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenProviderError',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  'MissingCredentialsError',
  'AssumeRoleDeniedError',
  'Blocked',
  'OptInRequired',
  'PendingVerification',
  'RegionDisabledException',
  'SubscriptionRequiredException',
]
const THROTTLED = [
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]
const UNREACHABLE = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]

describe('classifyAwsError', () => {
  test.each(DENIED)('%s is denied', (code) => {
    expect(classifyAwsError(awsError(code))).toMatchObject({ outcome: 'denied', code })
  })

  test.each(THROTTLED)('%s is throttled', (code) => {
    expect(classifyAwsError(awsError(code))).toMatchObject({ outcome: 'throttled', code })
  })

  test.each(UNREACHABLE)('%s is failed, with advice on the network', (code) => {
    const failure = classifyAwsError(systemError(code))
    expect(failure).toMatchObject({ outcome: 'failed', code })
    expect(failure.message).toContain('Check the network')
  })

  test.each(['TimeoutError', 'AbortError', 'InternalError', 'InvalidParameterValue'])(
    '%s is failed',
    (code) => {
      expect(classifyAwsError(awsError(code))).toMatchObject({ outcome: 'failed', code })
    },
  )

  test('DataUnavailableException is failed, with what enables Cost Explorer', () => {
    const failure = classifyAwsError(awsError('DataUnavailableException', 'Data is not available.'))
    expect(failure).toMatchObject({ outcome: 'failed', code: 'DataUnavailableException' })
    expect(failure.message).toContain('Open Cost Explorer once')
  })

  test('an unknown code with status 429 is throttled', () => {
    expect(classifyAwsError(awsError('Whoa', 'slower', 429))).toMatchObject({
      outcome: 'throttled',
      code: 'Whoa',
    })
  })

  test('so is an error that was caused by one', () => {
    const cause = awsError('Whoa', 'slower', 429)
    expect(classifyAwsError(new Error('the role was not assumed', { cause })).outcome).toBe('throttled')
  })

  test('the words of a message decide nothing', () => {
    expect(classifyAwsError(awsError('InternalError', 'AccessDenied: Throttling')).outcome).toBe('failed')
  })

  test('a known code is found in the cause', () => {
    const error = new Error('the call failed', { cause: systemError('ENOTFOUND') })
    expect(classifyAwsError(error)).toMatchObject({ outcome: 'failed', code: 'ENOTFOUND' })
  })

  test('the side at fault in front of a code is ignored', () => {
    const error = Object.assign(new Error('no'), { Code: 'Client.UnauthorizedOperation' })
    expect(classifyAwsError(error)).toMatchObject({ outcome: 'denied', code: 'UnauthorizedOperation' })
  })

  test('an expired token says how to get another', () => {
    expect(classifyAwsError(awsError('ExpiredToken', 'The security token is expired')).message).toBe(
      'ExpiredToken: The security token is expired. Refresh your credentials, e.g. aws sso login.',
    )
  })

  test.each([undefined, null, 'text', 7, {}])('%s, which is no error, is failed', (thrown) => {
    expect(classifyAwsError(thrown)).toMatchObject({ outcome: 'failed', code: 'UnknownError' })
  })

  test('a code with strange characters in it does not become the label', () => {
    expect(classifyAwsError(awsError('a code\nwith lines')).code).toBe('UnknownError')
  })

  test('a name that is inherited by every object is not a known code', () => {
    expect(classifyAwsError(awsError('constructor'))).toMatchObject({
      outcome: 'failed',
      code: 'constructor',
    })
  })
})

describe('the message of a failure', () => {
  test('leaves encoded authorization details out', () => {
    const encoded = 'kq-Lmb_9'.repeat(60)
    const { message } = classifyAwsError(
      awsError('UnauthorizedOperation', `Denied. Encoded authorization failure message: ${encoded}`),
    )
    expect(message).not.toContain('kq-Lmb')
    expect(message).toContain('Denied. Encoded authorization failure message: […]')
  })

  test('leaves session tokens and key ids out', () => {
    const token = 'FwoGZXIvYXdzE/abc+'.repeat(20)
    const { message } = classifyAwsError(
      awsError('SignatureDoesNotMatch', `ASIAABCDEFGHIJKLMNOP sent\nx-amz-security-token:${token}`),
    )
    expect(message).not.toContain('FwoGZXIv')
    expect(message).not.toContain('ASIAABCD')
  })

  test('keeps the ARN of a single sign-on caller', () => {
    const arn =
      'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/someone@example.com'
    expect(classifyAwsError(awsError('AccessDenied', `User: ${arn} may not`)).message).toContain(arn)
  })

  test('is bounded and on one line', () => {
    const { message } = classifyAwsError(awsError('InternalError', 'one\ntwo '.repeat(1000)))
    expect(message.length).toBeLessThan(620)
    expect(message).not.toContain('\n')
  })
})
