/** What went wrong, for a note. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
