import type { ChdbResult, Session } from 'chdb'
import { toClickHouseFailure } from './click-house-failure.ts'
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
const STREAMED_VERBS = new Set(['', 'SELECT', 'WITH', 'FROM'])

/**
 * Runs one statement and hands its outcome to `answer`; when it returns, the engine is done with it.
 * @throws ClickHouseFailure when the statement failed before the answer began
 */
export async function runStatement(run: Run, answer: (outcome: Outcome) => Promise<void>): Promise<void> {
  const { statement, defaultFormat } = run
  if (statement.kind === 'insert') {
    const result = await execute(run.session, statement.sql).catch((error: unknown) => {
      throw toClickHouseFailure(error, [statement.file])
    })
    const counts = { writtenRows: result.rowsRead, writtenBytes: result.bytesRead }
    return answer({
      format: defaultFormat,
      body: new Uint8Array(),
      summary: { ...summarise(result), ...counts },
    })
  }
  const { text, parsed } = statement
  const format = parsed.format ?? defaultFormat
  if (STREAMED_VERBS.has(parsed.verb) && !parsed.inserts) {
    return streamResult(run, { select: intoPipe(statement, format), format }, answer)
  }
  const result = await execute(run.session, text.toString(), defaultFormat).catch(rethrow)
  return answer({ format, body: result.bytes(), summary: summarise(result) })
}

async function streamResult(
  run: Run,
  { select, format }: { select: (path: string, marker: string) => string; format: string },
  answer: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const { stream, end } = run.pipe.open()
  const marker = makeMarker()
  const running = execute(run.session, select(run.pipe.path, marker)).finally(end)
  killOnAbort(run, marker, running)
  const chunks: AsyncIterator<Uint8Array> = stream.iterator({ destroyOnReturn: false })
  try {
    const { head, ended } = await readHead(chunks)
    if (ended) {
      const result = await running.catch(rethrow)
      await answer({ format, body: head, summary: summarise(result) })
    } else {
      await answer({ format, body: continueWith(head, chunks, running), summary: undefined })
    }
  } finally {
    // The pipe is read until the engine is done: opening one that has no reader blocks for ever, and so does
    // writing to a full one.
    await drain(chunks)
    await running.catch(() => {})
    stream.destroy()
  }
}

function intoPipe({ text, parsed }: Extract<Statement, { kind: 'statement' }>, format: string) {
  const select = text.toString('utf8', 0, parsed.outfileAt)
  const ownClauses = text.toString('utf8', parsed.outfileAt)
  const clauses = parsed.format === undefined ? `FORMAT ${format} ${ownClauses}` : ownClauses
  // Comments at its end are no part of a query in system.processes, those within are.
  return (path: string, marker: string) =>
    `${select}\n${marker} INTO OUTFILE ${quoteString(path)} TRUNCATE\n${clauses}`
}

async function execute(session: Session, sql: string, format = 'TabSeparated'): Promise<ChdbResult> {
  try {
    return await session.queryAsync(sql, { format })
  } catch (error) {
    // A failed query stays in system.processes until its session's next one.
    await session.queryAsync('SELECT 1').catch(() => {})
    throw error
  }
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

async function drain(chunks: AsyncIterator<unknown>): Promise<void> {
  for (;;) if ((await chunks.next()).done) return
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
  throw toClickHouseFailure(error)
}
