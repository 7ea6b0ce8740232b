import { ClickHouseError } from '@clickhouse/client'

const MAX_CHARS = 1_000
/** What may stand in a URL or in the text of a statement. */
const SECRETS = /(X-Amz-[\w-]+|AWSAccessKeyId|Signature)=[^&\s'"]*/gi

/** Why a load failed whose loader was told to end: nothing is wrong with its files. */
export const INTERRUPTED_LOAD = 'it was interrupted'

/** Why a load failed, on one line: the loader's own words, or ClickHouse's with its code. */
export function describeLoadError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof ClickHouseError ? `ClickHouse ${error.code} ${error.type ?? ''}: ` : ''
  const line = `${code}${text}`.replaceAll(/\s+/g, ' ').replaceAll(SECRETS, '$1=…').trim()
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line
}
