/** An error in one line; the SDKs' say nothing but a code at times, or have the reason in their parts. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map(describeError).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message || error.name
}
