import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { MissingCredentialsError } from '../errors.ts'

const MARGIN_MS = 5 * 60_000

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}
export type CredentialProvider = () => Promise<Credentials>

/**
 * A profile's credentials, or those of the SDK's default chain, resolved once for all that use them.
 * It throws MissingCredentialsError where there are none.
 */
export function credentialsOf(profile: string | undefined): CredentialProvider {
  // The whole chain would go on to an instance's or container's credentials if the profile failed: another account's.
  const provide = profile === undefined ? fromNodeProviderChain() : fromIni({ profile })
  return rememberCredentials(() =>
    provide().catch((cause: unknown) => Promise.reject(explainCredentials(cause, profile))),
  )
}

/** One resolution serves all clients and regions until five minutes before it expires; a failed one serves none. */
export function rememberCredentials(provide: CredentialProvider): CredentialProvider {
  let current: Promise<Credentials> | undefined
  let expiresAt = Number.POSITIVE_INFINITY
  const refresh = async (): Promise<Credentials> => {
    expiresAt = Number.POSITIVE_INFINITY
    try {
      const credentials = await provide()
      expiresAt = credentials.expiration?.getTime() ?? expiresAt
      return credentials
    } catch (cause) {
      current = undefined
      throw cause
    }
  }
  return () => {
    if (expiresAt - Date.now() < MARGIN_MS) current = undefined
    current ??= refresh()
    return current
  }
}

function explainCredentials(cause: unknown, profile: string | undefined): unknown {
  if (!(cause instanceof Error) || cause.name !== 'CredentialsProviderError') return cause
  const advice =
    profile === undefined
      ? 'set AWS_PROFILE or --profile, sign in with aws sso login, or run aws configure'
      : `check that profile '${profile}' is in ~/.aws/config, or sign in with aws sso login --profile ${profile}`
  return new MissingCredentialsError(`no AWS credentials: ${cause.message}; ${advice}`, { cause })
}
