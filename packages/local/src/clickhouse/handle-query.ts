import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LimitFunction } from 'p-limit'
import { answerOutcome } from './answer-request.ts'
import type { BodySpool } from './body-spool.ts'
import { failures } from './click-house-failure.ts'
import type { Engine } from './engine.ts'
import { readForm } from './read-form.ts'
import { type RequestOptions, readRequest } from './read-request.ts'
import { receiveStatement, receiveText, type Statement } from './receive-statement.ts'
import type { ResultPipe } from './result-pipes.ts'
import { runStatement } from './run-statement.ts'

const READING_VERBS = new Set(['', 'SELECT', 'WITH', 'FROM', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS'])

/** What all requests share. */
export interface QueryContext {
  engine: Engine
  spool: BodySpool
  /** Bounds how many queries run at once; each has one of the free pipes meanwhile. */
  slots: LimitFunction
  freePipes: ResultPipe[]
  stopping: AbortSignal
  password: string | undefined
}

/** Receives one statement, runs it, and answers. @throws what `toClickHouseFailure` understands */
export async function handleQuery(
  context: QueryContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fromUrl = readRequest(request)
  response.setHeader('X-ClickHouse-Query-Id', fromUrl.queryId)
  const form = await readForm(request)
  const options = form === undefined ? fromUrl : readRequest(request, form)
  const statement = await (form === undefined
    ? receiveStatement(request, options, context.spool)
    : receiveText([Buffer.from(options.query)], context.spool))
  try {
    if (options.method !== 'POST' && !onlyReads(statement)) throw failures.readonly()
    await context.slots(() => runInSession(context, { options, statement, response }))
  } finally {
    if (statement.kind === 'insert') await context.spool.remove(statement.file)
  }
}

async function runInSession(
  { engine, freePipes, stopping }: QueryContext,
  {
    options,
    statement,
    response,
  }: { options: RequestOptions; statement: Statement; response: ServerResponse },
): Promise<void> {
  const gone = new AbortController()
  const onClose = () => {
    if (!response.writableFinished) gone.abort()
  }
  if (response.destroyed) return
  response.once('close', onClose)
  const pipe = freePipes.pop()
  try {
    if (pipe === undefined) throw new Error('A query runs without a slot')
    const lease = await engine.pool.lease(options)
    const signal = AbortSignal.any([gone.signal, stopping])
    const { defaultFormat } = options
    await runStatement(
      { statement, session: lease.session, defaultFormat, pipe, engine, signal },
      (outcome) => answerOutcome(response, options, outcome),
    ).finally(() => lease.release(statement.kind === 'insert' || !statement.parsed.changesSession))
  } finally {
    response.off('close', onClose)
    if (pipe) freePipes.push(pipe)
  }
}

function onlyReads(statement: Statement): boolean {
  return (
    statement.kind === 'statement' && READING_VERBS.has(statement.parsed.verb) && !statement.parsed.inserts
  )
}
