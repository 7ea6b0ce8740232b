interface RetryToken {
  getRetryCount(): number
  getRetryDelay(): number
}

/**
 * The SDK's standard retries without their waiting: the SDK still decides what an error is, and a recording has no
 * service to spare.
 */
export function retryAtOnce(maxAttempts: number) {
  return {
    acquireInitialRetryToken: async (): Promise<RetryToken> => tokenAfter(0),
    async refreshRetryTokenForRetry(
      token: RetryToken,
      { errorType }: { errorType: string },
    ): Promise<RetryToken> {
      const retries = token.getRetryCount() + 1
      const mayPass = errorType === 'THROTTLING' || errorType === 'TRANSIENT'
      if (!mayPass || retries >= maxAttempts) throw new Error('No retry token available')
      return tokenAfter(retries)
    },
    recordSuccess: (): void => undefined,
  }
}

function tokenAfter(retries: number): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => 0 }
}
