import { ClickHouseError } from '@clickhouse/client'
import { type FailureCode, InsertError } from '../errors.ts'

/**
 * What a failed insert calls for: `retry` at once, back off on `overload`, stop on `outage` (ours, not the message's),
 * look for the rows at fault on `poison`. `unknown` is treated as an outage.
 */
export type FailureClass = 'retry' | 'overload' | 'outage' | 'poison' | 'unknown'

/** Codes: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
export const CLICKHOUSE_CODES: Readonly<Record<FailureClass, readonly number[]>> = {
  retry: [209, 210, 319],
  overload: [159, 202, 241, 252],
  outage: [60, 81, 164, 192, 193, 194, 242, 497, 516, 999],
  poison: [
    6, 25, 26, 27, 33, 38, 41, 43, 50, 53, 69, 70, 72, 117, 128, 130, 131, 321, 349, 376, 467, 469, 561, 563,
  ],
  unknown: [],
}

export const NETWORK_CODES: Readonly<Record<string, FailureClass>> = {
  ECONNRESET: 'retry',
  EPIPE: 'retry',
  ERR_STREAM_PREMATURE_CLOSE: 'retry',
  UND_ERR_SOCKET: 'retry',
  ECONNREFUSED: 'outage',
  EHOSTUNREACH: 'outage',
  ENETUNREACH: 'outage',
  ENOTFOUND: 'outage',
  EAI_AGAIN: 'outage',
  ETIMEDOUT: 'outage',
  UND_ERR_CONNECT_TIMEOUT: 'outage',
  UND_ERR_HEADERS_TIMEOUT: 'outage',
  UND_ERR_BODY_TIMEOUT: 'outage',
}

/** HTTP statuses that say "not now" when they come without a ClickHouse code. */
const OVERLOAD_STATUSES = [429, 503]

const CLASS_OF_CODE = new Map(
  Object.entries(CLICKHOUSE_CODES).flatMap(([name, codes]) =>
    codes.map((code): [number, FailureClass] => [code, isClass(name) ? name : 'unknown']),
  ),
)

/** A failure's class, and the code that decided it. */
export interface Failure extends FailureCode {
  readonly class: FailureClass
}

/** Decides by code, never by message text. */
export function classify(error: unknown): Failure {
  if (error instanceof InsertError && error.code === 0) return classifyStatus(error.status)
  if (error instanceof InsertError || error instanceof ClickHouseError) {
    const code = Number(error.code)
    return { class: CLASS_OF_CODE.get(code) ?? 'unknown', clickhouseCode: code, code: String(code) }
  }
  const code = networkCode(error)
  const known = code === undefined ? undefined : NETWORK_CODES[code]
  return { class: known ?? 'outage', clickhouseCode: 0, code: known && code ? code : 'NO_CODE' }
}

function classifyStatus(status: number): Failure {
  const overload = OVERLOAD_STATUSES.includes(status)
  return { class: overload ? 'overload' : 'outage', clickhouseCode: 0, code: `HTTP_${status}` }
}

function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return networkCode(error.cause)
}

function isClass(name: string): name is FailureClass {
  return name in CLICKHOUSE_CODES
}
