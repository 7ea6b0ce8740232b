import { printable } from '../output/printable.ts'
import type { DeadLetterSummary } from './dead-letters.ts'
import type { DeadLetterRow, DecodedBody } from './decode-dead-letter.ts'
import { readFields } from './decode-dead-letter.ts'
import type { PeekedMessage } from './peek-messages.ts'
import { findReason } from './reasons.ts'
import { describeAge } from './render-dead-letters.ts'

/** A dead letter with all that could be read of it. */
export interface DeadLetterDetail {
  readonly summary: DeadLetterSummary
  readonly message: PeekedMessage
  readonly decoded: DecodedBody
}

const MAX_ROWS = 20
const MAX_SAMPLE_ROWS = 3
const MAX_BODY = 2_000

/** The whole letter: every row, and the body itself where it could not be read to the end. */
export function toJson({ summary, message, decoded }: DeadLetterDetail) {
  return {
    ...summary,
    source_queue_arn: message.sourceQueueArn ?? null,
    attributes: message.attributes,
    envelope: decoded.fields ?? null,
    problems: decoded.problems,
    rows: decoded.rows.map(({ index, rootIndex, line, faults }) => {
      const values = readFields(line)
      // Numbers beyond a double, or what is no JSON at all, show in the line alone.
      const isExact = values !== undefined && JSON.stringify(values) === line
      return { row: index, root_row: rootIndex ?? null, errors: faults, values, ...(isExact ? {} : { line }) }
    }),
    body: decoded.problems.length > 0 ? message.body : null,
  }
}

/** The letter for people: the failing rows, with what is wrong marked. */
export function renderDeadLetter(detail: DeadLetterDetail, now: Date): string {
  const { decoded, message } = detail
  const sections = [
    renderHead(detail, now),
    renderFields('Message attributes', message.attributes),
    decoded.fields && renderFields('Envelope', foldFields(decoded.fields)),
    decoded.problems.map((problem) => `! ${printable(problem, 600)}`).join('\n'),
    decoded.rows.length > 0 ? renderRows(decoded.rows) : renderBody(message.body),
  ]
  return sections.filter(Boolean).join('\n\n')
}

function renderHead({ summary, message }: DeadLetterDetail, now: Date): string {
  const age = Math.max(0, Math.round((now.getTime() - message.sentAt.getTime()) / 1000))
  const meaning = findReason(summary.reason)?.meaning ?? ''
  const code = summary.code ? ` (ClickHouse code ${summary.code})` : ''
  return [
    `Message ${printable(summary.message_id)}`,
    `  reason    ${printable(summary.reason)}${code}${meaning && `: ${meaning}`}`,
    `  sent      ${summary.sent_at}, ${describeAge(age)} ago`,
    `  received  ${summary.receives} times`,
    ...(message.sourceQueueArn ? [`  from      ${printable(message.sourceQueueArn)}`] : []),
  ].join('\n')
}

function renderFields(title: string, fields: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(fields)
  if (names.length === 0) return ''
  const width = Math.min(30, Math.max(...names.map((name) => name.length)))
  const lines = names.map((name) => `  ${printable(name, 100).padEnd(width)}  ${renderValue(fields[name])}`)
  return [title, ...lines].join('\n')
}

/** What stands beside the rows is not told twice. */
function foldFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { errors, root, ...rest } = fields
  const { indices, ...place } = readObject(root)
  return {
    ...rest,
    ...(root === undefined ? {} : { root: Array.isArray(indices) ? place : root }),
    ...(errors === undefined ? {} : { errors: Array.isArray(errors) ? errors.length : errors }),
  }
}

function readObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function renderRows(rows: readonly DeadLetterRow[]): string {
  const failing = rows.filter(({ faults }) => faults.length > 0)
  const shown = failing.length > 0 ? failing.slice(0, MAX_ROWS) : rows.slice(0, MAX_SAMPLE_ROWS)
  const title = `Rows: ${rows.length}, of which ${failing.length || 'none'} marked as failing`
  const more = rows.length - shown.length
  const rest = more > 0 ? [`${more} more rows; all with --json`] : []
  return [title, ...shown.map(renderRow), ...rest].join('\n\n')
}

function renderRow({ index, rootIndex, line, faults }: DeadLetterRow): string {
  const place = rootIndex === undefined ? '' : ` (row ${rootIndex} of the published block)`
  const causes = faults.map(({ column, code, message }) => {
    const cause = [column && printable(column, 100), printable(message)].filter(Boolean).join(': ')
    return `  ! ${cause}${code ? ` (code ${code})` : ''}`
  })
  const values = readFields(line)
  const columns = new Set(faults.map(({ column }) => column))
  const cells = values
    ? Object.entries(values).map(([name, value]) => renderCell(name, renderValue(value), columns.has(name)))
    : [`    ${printable(line, MAX_BODY)}`]
  const missing = [...columns].filter((column) => column !== '' && values && !Object.hasOwn(values, column))
  return [
    `Row ${index}${place}`,
    ...causes,
    ...cells,
    ...missing.map((column) => renderCell(column, '(not in the row)', true)),
  ].join('\n')
}

function renderCell(name: string, value: string, isMarked: boolean): string {
  return `  ${isMarked ? '>' : ' '} ${printable(name, 100).padEnd(16)}  ${value}`
}

function renderValue(value: unknown): string {
  const isRounded = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
  return isRounded ? `${value} (rounded; exact with --json)` : printable(JSON.stringify(value) ?? '')
}

function renderBody(body: string): string {
  return `Body\n  ${printable(body, MAX_BODY)}`
}
