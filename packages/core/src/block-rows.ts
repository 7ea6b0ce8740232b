import type { BlockFormat } from './block.ts'
import { splitRows } from './count-json-rows.ts'
import { readNativeRows } from './native/native-rows.ts'

/** The rows of an opened block, by their index in it, whatever its format. */
export interface BlockRows {
  readonly length: number
  /** A row as a JSON object on one line, without a newline; what is not UTF-8 in it is replaced. */
  json(index: number): string
  /** The encoded bytes of these rows alone, in the block's own format; the same rows always give the same bytes. */
  select(indices: readonly number[]): Buffer
}

const NEWLINE = Buffer.from('\n')

/** Gives access to single rows of what `openBlock` returned. */
export function readBlockRows(raw: Buffer, format: BlockFormat): BlockRows {
  return format === 'Native' ? readNativeRows(raw) : readJsonRows(raw)
}

function readJsonRows(raw: Buffer): BlockRows {
  const lines = [...splitRows(raw)]
  return {
    length: lines.length,
    json: (index) => String(lines[index]),
    select: (indices) => Buffer.concat(indices.flatMap((index) => [lines[index] ?? NEWLINE, NEWLINE])),
  }
}
