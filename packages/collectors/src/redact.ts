const MAX_LENGTH = 500

/** Messages can carry key ids, session tokens (a mismatched signature's) and encoded authorization details. */
export function redact(message: string): string {
  const clean = message
    .replace(/\s+/g, ' ')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '[key id]')
    .replace(/[\w+=-]{60,}|[A-Za-z0-9+/=]{120,}/g, '[…]')
    .trim()
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH - 1)}…` : clean
}
