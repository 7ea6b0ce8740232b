/** `2026-01-15 00:00:00.000`, as ClickHouse writes a time in UTC, as ISO 8601 says it. */
export function toIsoTime(text: string): string {
  return `${text.replace(' ', 'T')}Z`
}
