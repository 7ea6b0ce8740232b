import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { failures } from './click-house-failure.ts'

/**
 * Lets a request pass that carries the password in one of ClickHouse's ways, whatever user it names.
 * @throws ClickHouseFailure 516
 */
export function authenticate(request: IncomingMessage, password: string): void {
  const expected = digest(password)
  const isKnown = passwordsOf(request).some((given) => timingSafeEqual(digest(given), expected))
  if (!isKnown) throw failures.authentication()
}

function passwordsOf({ headers, url = '/' }: IncomingMessage): string[] {
  const { searchParams } = new URL(url, 'http://localhost')
  const basic = /^Basic +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const credentials = Buffer.from(basic ?? '', 'base64').toString('utf8')
  const given = [
    headers['x-clickhouse-key']?.toString(),
    credentials.includes(':') ? credentials.slice(credentials.indexOf(':') + 1) : undefined,
    searchParams.get('password'),
  ]
  return given.filter((one) => typeof one === 'string')
}

/** Of equal length, which the comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
