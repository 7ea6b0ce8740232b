import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { DataDirectoryInUseError, LocalServerError, PortInUseError } from './errors.ts'

/** What a child says over IPC: that it serves (and where), or why it cannot; then what goes wrong, if anything. */
type ChildReport = StartReport | { type: 'problem'; problem?: string | undefined }
type StartReport =
  | { type: 'ready'; port: number }
  | { type: 'failed'; error: { name: string; message: string } }

/** A server running in a process of its own, bound to this process's life. */
export interface Child {
  readonly pid: number
  /** Loopback port it serves on; 0 when it serves none. */
  readonly port: number
  /** Resolves when the process has ended, however it ended, with what it was ended by. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Asks it to finish and waits; after `graceMs` it is killed. */
  stop(graceMs?: number): Promise<void>
}

export interface StartChildOptions {
  /** Named in error messages: "ClickHouse", "SQS". */
  name: string
  entry: URL
  /** Passed to the entry's `serveAsChild` callback; must survive JSON. */
  options: unknown
  env?: Record<string, string>
  /** Options of Node for the child alone. */
  execArgv?: readonly string[]
  /** Told what goes wrong in the child, by its own account; undefined when that is over. */
  onReport?: ((problem: string | undefined) => void) | undefined
}

const ERRORS = { DataDirectoryInUseError, PortInUseError, LocalServerError }

/**
 * Starts `entry` as a child process and waits until it serves.
 * @throws DataDirectoryInUseError, PortInUseError or LocalServerError, with the child's own words
 */
export async function startChild(start: StartChildOptions): Promise<Child> {
  const { name, entry, options, env, execArgv = [], onReport } = start
  const child = fork(entry, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
    execArgv: [...process.execArgv, ...execArgv],
  })
  // Not on the command line: anyone on the machine can read that, and options may hold a password.
  child.send({ options }, () => {})
  const output = collectTail(child)
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const started = Promise.withResolvers<StartReport>()
  child.on('message', (message: ChildReport) => {
    if (message.type === 'problem') onReport?.(message.problem)
    else started.resolve(message)
  })
  const report = await Promise.race([
    started.promise,
    exited.then(({ code, signal }): StartReport => {
      const message = `${name} ended before it served (${signal ?? `exit code ${code}`}). ${output()}`
      return { type: 'failed', error: { name: 'LocalServerError', message } }
    }),
  ])
  if (report.type === 'failed') {
    child.kill('SIGKILL')
    const { name: errorName, message } = report.error
    throw new (Object.entries(ERRORS).find(([key]) => key === errorName)?.[1] ?? LocalServerError)(message)
  }
  return {
    pid: child.pid ?? 0,
    port: report.port,
    exited,
    async stop(graceMs = 10_000) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.send('stop', () => {})
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(killer)
    },
  }
}

/**
 * The child's side: starts the server, reports over IPC, stops when asked.
 * Ends at once when the parent is gone, even by SIGKILL, so that no orphan holds the data directory.
 * `serve` may report what goes wrong meanwhile, and take it back, to the parent's `onReport`.
 * Ctrl-C reaches the whole process group: the parent alone decides the order of shutdown.
 */
export async function serveAsChild<Options>(
  serve: (
    options: Options,
    reportProblem: (problem: string | undefined) => void,
  ) => Promise<{ port: number; stop(): Promise<void> }>,
): Promise<void> {
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {})
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  const report = (message: ChildReport) => process.send?.(message)
  try {
    const [{ options }] = await once(process, 'message')
    const server = await serve(options, (problem) => report({ type: 'problem', problem }))
    process.on('message', async () => {
      await server.stop()
      process.exit(0)
    })
    report({ type: 'ready', port: server.port })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
    report({ type: 'failed', error: { name, message } })
  }
}

function collectTail(child: ChildProcess): () => string {
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-2_000)
    })
  }
  return () => tail.trim()
}
