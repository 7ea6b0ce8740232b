import Table from 'cli-table3'
import { printableJson } from './printable.ts'

/** Where a command writes: data to stdout, everything that is for people to stderr when stdout carries JSON. */
export interface Output {
  readonly isJson: boolean
  /** One JSON value, the whole answer of a command. */
  json(value: unknown): void
  /** Text that is the answer itself. */
  data(text: string): void
  /** Text for people, beside the answer. */
  note(text: string): void
  /** What is under way: one line that is overwritten, at a terminal only. */
  progress(text: string): void
  /** Takes the progress line away. */
  clearProgress(): void
}

const ERASE_LINE = '\r\x1b[K'

export function createOutput({ isJson }: { isJson: boolean }): Output {
  const { stdout, stderr } = process
  let hasProgress = false
  const clearProgress = () => {
    if (hasProgress) stderr.write(ERASE_LINE)
    hasProgress = false
  }
  const write = (stream: NodeJS.WriteStream, text: string) => {
    clearProgress()
    stream.write(text.endsWith('\n') ? text : `${text}\n`)
  }
  return {
    isJson,
    json: (value) => write(stdout, printableJson(value, stdout.isTTY ? 2 : undefined)),
    data: (text) => write(stdout, text),
    note: (text) => write(isJson ? stderr : stdout, text),
    progress(text) {
      if (!stderr.isTTY) return
      const width = (stderr.columns ?? 80) - 1
      stderr.write(`${ERASE_LINE}${text.slice(0, width)}`)
      hasProgress = true
    },
    clearProgress,
  }
}

/** A table for people: rows of text under `head`; columns of numbers, or those that `isNumeric` says, stand to the right. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  options: { readonly isNumeric?: readonly boolean[] } = {},
): string {
  const isNumeric =
    options.isNumeric ??
    head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const table = new Table({
    head: [...head],
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: PLAIN,
  })
  for (const row of rows)
    table.push(row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const PLAIN = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ]
    .map((part) => [part, ''])
    .concat([['middle', '  ']]),
)
