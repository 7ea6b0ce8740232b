import { type Child, startChild } from '../child.ts'
import { startClickHouse } from '../clickhouse/start-clickhouse.ts'
import { type LocalSqs, startSqs } from '../sqs/start-sqs.ts'
import type { IngesterProcessOptions } from './ingester-process.ts'
import { describeEnd, keepAlive } from './keep-alive.ts'
import { LOCAL_QUEUES } from './local-queues.ts'

/** As in a small Lambda function: a large young generation only collects dead bodies of messages. */
const SMALL_HEAP = ['--max-old-space-size=256', '--max-semi-space-size=8']

interface Part {
  readonly name: string
  readonly process: { readonly pid: number; stop(): Promise<void> }
  /** When it ended and nothing replaces it, with why, if that is known. */
  readonly ended: Promise<string | undefined>
}

/** The processes of one runtime, which are started one after the other and stopped in the opposite order. */
export class RuntimeParts {
  readonly #parts: Part[] = []
  #ingesterProblem: string | undefined

  async startClickHouse(options: { dataDir: string; port: number; password: string }): Promise<string> {
    const clickhouse = await startClickHouse(options)
    this.#add('ClickHouse', clickhouse)
    return clickhouse.url
  }

  async startSqs(options: { dataDir: string; port: number }): Promise<LocalSqs> {
    const sqs = await startSqs({ ...options, queues: LOCAL_QUEUES })
    this.#add('SQS', sqs)
    return sqs
  }

  async startIngester(options: IngesterProcessOptions): Promise<void> {
    const entry = new URL('./ingester-process.ts', import.meta.url)
    const onReport = (problem: string | undefined) => {
      this.#ingesterProblem = problem
    }
    const ingester = await keepAlive(async () => {
      const child = await startChild({ name: 'ingester', entry, options, onReport, execArgv: SMALL_HEAP })
      onReport(undefined)
      void child.exited.then((end) => onReport(`the ingester ended by itself (${describeEnd(end)})`))
      return child
    })
    this.#parts.push({ name: 'ingester', process: ingester, ended: ingester.gaveUp })
  }

  pids(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#parts.map((part) => [part.name, part.process.pid]))
  }

  /** What the ingester last said that went wrong, unless it is over. */
  lastIngesterProblem(): string | undefined {
    return this.#ingesterProblem
  }

  /** The name of the first part that ends without being asked to, and why it was given up, if it was kept alive. */
  async firstEnded(): Promise<string> {
    return await Promise.race(
      this.#parts.map(({ name, ended }) => ended.then((why) => (why ? `${name} (it ${why})` : name))),
    )
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.process.stop()
  }

  #add(name: string, child: Child): void {
    this.#parts.push({ name, process: child, ended: child.exited.then(() => undefined) })
  }
}
