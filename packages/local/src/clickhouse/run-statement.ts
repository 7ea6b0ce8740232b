import type { ChdbResult, Session } from 'chdb'
import { type ClickHouseFailure, toClickHouseFailure } from './click-house-failure.ts'
import { type Engine, makeMarker } from './engine.ts'
import type { Statement } from './receive-statement.ts'
import type { ResultPipe } from './result-pipes.ts'
import { quoteString } from './sql-literals.ts'

/** What a statement came to. */
export interface Outcome {
  format: string
  /** Whole and ready, or still being written by the engine. */
  body: Uint8Array | AsyncIterable<Uint8Array>
  summary: Summary | undefined
}

export interface Summary {
  resultRows: number
  resultBytes: number
  writtenRows: number
  writtenBytes: number
  elapsedNs: number
}

export interface Run {
  statement: Statement
  session: Session
  defaultFormat: string
  pipe: ResultPipe
  engine: Engine
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal
}

/** Results up to this size are known to be whole before the answer begins. */
const MAX_WHOLE_BYTES = 1024 * 1024
const STREAMED_VERBS = new Set(['SELECT', 'WITH', 'FROM'])
const CANCELLED_VERBS = new Set([...STREAMED_VERBS, '', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'CHECK'])

/**
 * Runs one statement and hands its outcome to `answer`; when it returns, the engine is done with it.
 * @throws ClickHouseFailure when the statement failed before the answer began
 */
export async function runStatement(run: Run, answer: (outcome: Outcome) => Promise<void>): Promise<void> {
  const { statement, defaultFormat } = run
  if (statement.kind === 'insert') {
    const result = await run.session.queryAsync(statement.sql).catch((error: unknown) => {
      throw toClickHouseFailure(error, [statement.file])
    })
    const counts = { writtenRows: result.rowsRead, writtenBytes: result.bytesRead }
    return answer({
      format: defaultFormat,
      body: new Uint8Array(),
      summary: { ...summarise(result), ...counts },
    })
  }
  const { sql, parsed } = statement
  const format = parsed.format ?? defaultFormat
  if (STREAMED_VERBS.has(parsed.verb) && !parsed.inserts)
    return streamResult(run, { sql, parsed, format }, answer)
  const marker = makeMarker()
  const running = run.session.queryAsync(`${sql}\n${marker}`, { format: defaultFormat })
  if (CANCELLED_VERBS.has(parsed.verb) || parsed.inserts) killOnAbort(run, marker, running)
  const result = await running.catch(rethrow)
  return answer({ format, body: result.bytes(), summary: summarise(result) })
}

async function streamResult(
  run: Run,
  query: { sql: string; parsed: { outfileAt: number; format: string | undefined }; format: string },
  answer: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const { stream, end } = run.pipe.open()
  const marker = makeMarker()
  const running = run.session.queryAsync(`${intoPipe(query, run.pipe.path)}\n${marker}`).finally(end)
  killOnAbort(run, marker, running)
  const chunks: AsyncIterator<Uint8Array> = stream.iterator({ destroyOnReturn: false })
  try {
    const { head, ended } = await readHead(chunks)
    if (ended) {
      const result = await running.catch(rethrow)
      await answer({ format: query.format, body: head, summary: summarise(result) })
    } else {
      const body = continueWith(head, chunks, running)
      await answer({ format: query.format, body, summary: undefined })
    }
  } finally {
    // The pipe must have a reader until the engine is done: opening one without blocks for ever.
    stream.resume()
    await running.catch(() => {})
    stream.destroy()
  }
}

function intoPipe(
  query: { sql: string; parsed: { outfileAt: number; format: string | undefined }; format: string },
  path: string,
) {
  // Positions are bytes, as in `Statement`.
  const sql = Buffer.from(query.sql)
  const select = sql.toString('utf8', 0, query.parsed.outfileAt)
  const clauses =
    query.parsed.format === undefined
      ? `FORMAT ${query.format}`
      : sql.toString('utf8', query.parsed.outfileAt)
  return `${select}\nINTO OUTFILE ${quoteString(path)} TRUNCATE\n${clauses}`
}

async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<{ head: Uint8Array; ended: boolean }> {
  const parts: Uint8Array[] = []
  for (let size = 0; size <= MAX_WHOLE_BYTES; ) {
    const { value, done } = await chunks.next()
    if (done) return { head: Buffer.concat(parts), ended: true }
    parts.push(value)
    size += value.length
  }
  return { head: Buffer.concat(parts), ended: false }
}

async function* continueWith(head: Uint8Array, chunks: AsyncIterator<Uint8Array>, running: Promise<unknown>) {
  yield head
  for (;;) {
    const { value, done } = await chunks.next()
    if (done) break
    yield value
  }
  await running.catch(rethrow)
}

function killOnAbort({ engine, signal }: Run, marker: string, running: Promise<unknown>): void {
  const kill = () => void engine.kill(marker, running).catch(() => {})
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill, { once: true })
  running.catch(() => {}).finally(() => signal.removeEventListener('abort', kill))
}

function summarise({ rowsRead, bytesRead, elapsed }: ChdbResult): Summary {
  const elapsedNs = Math.round(elapsed * 1e9)
  return { resultRows: rowsRead, resultBytes: bytesRead, writtenRows: 0, writtenBytes: 0, elapsedNs }
}

function rethrow(error: unknown): never {
  const failure: ClickHouseFailure = toClickHouseFailure(error)
  throw failure
}
