import { QueryError } from '../errors.ts'

const READONLY = 164

/** ClickHouse's own words without what is for its developers. */
export function toQueryError(text: string): QueryError {
  const code = Number(/^Code: (\d+)/.exec(text)?.[1] ?? 0)
  const message = text
    .replace(/^Code: \d+\. DB::Exception: /, '')
    .replace(/ \(version [^()]*(\([^()]*\))?\)\s*$/, '')
    .replace(/\. Expected one of: .*/s, '')
    .trim()
  return new QueryError(shorten(code === READONLY ? `polo query only reads: ${message}` : message), code)
}

function shorten(text: string): string {
  const longest = 1_000
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
