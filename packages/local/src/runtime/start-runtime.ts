import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PoloConfig } from '@polo/core'
import { connectClickHouse, migrate } from '@polo/ingester'
import { STATE_DIRECTORY } from '../schedule/directory-store.ts'
import { LOCAL_SQS_ACCOUNT } from '../sqs/sqs-client.ts'
import { CLICKHOUSE_PASSWORD_FILE, ensureClickHousePassword } from './clickhouse-password.ts'
import { BREAKER_FILE } from './local-breaker.ts'
import {
  BACKFILL_QUEUE,
  EVENTS_DEAD_LETTER_QUEUE,
  EVENTS_QUEUE,
  JOBS_DEAD_LETTER_QUEUE,
} from './local-queues.ts'
import { makePrivateUnlessShared } from './private-directory.ts'
import { RUNTIME_FILE, type RuntimeAddresses, removeRuntimeFile, writeRuntimeFile } from './runtime-file.ts'
import { RuntimeParts } from './runtime-parts.ts'

const DATABASE = 'clickhouse'
const QUEUES = 'sqs'
const OURS = new Set([
  DATABASE,
  QUEUES,
  RUNTIME_FILE,
  CLICKHOUSE_PASSWORD_FILE,
  BREAKER_FILE,
  STATE_DIRECTORY,
])

/** The DDL that ships with Polo. */
export const schemaDirectory = fileURLToPath(new URL('../../../../schema', import.meta.url))

export interface StartRuntimeOptions {
  /** Holds the database and the queue; made if missing, and belongs to one runtime at a time. */
  readonly dataDir: string
  readonly config: PoloConfig
  /** 0 takes any free port. */
  readonly clickhousePort?: number
  readonly sqsPort?: number
  /** A ClickHouse of one's own instead of the embedded one; `polo migrate` keeps its schema. */
  readonly clickhouseUrl?: string | undefined
  readonly database?: string
  /** For a runtime that stays: others find it and use it. Without it, they find the directory in use. */
  readonly shared?: boolean
  /** Told what is being started, for people who wait. */
  readonly onProgress?: (what: string) => void
}

/** Everything that one machine needs: ClickHouse, SQS and the ingester, each in a process of its own. */
export interface Runtime {
  readonly addresses: RuntimeAddresses
  /**
   * Resolves with a part's name when it ended without being asked to. The ingester is replaced a few times first,
   * and its name comes with why no more.
   */
  readonly failed: Promise<string>
  /** The processes that run now, by part: ClickHouse, SQS, ingester. */
  pids(): Readonly<Record<string, number>>
  /** One line of what keeps the ingester from storing, without rows; undefined once it stores again. */
  lastIngesterProblem(): string | undefined
  /** Stops in the order in which nothing is lost: ingester, SQS, ClickHouse. */
  stop(): Promise<void>
}

/**
 * Starts the whole pipeline on one machine and brings its database up to date.
 * @throws DataDirectoryInUseError, PortInUseError, LocalServerError, MigrationError; nothing is left running then
 */
export async function startRuntime(options: StartRuntimeOptions): Promise<Runtime> {
  const dataDir = resolve(options.dataDir)
  await makePrivateUnlessShared(dataDir, OURS)
  const parts = new RuntimeParts()
  try {
    const addresses = await startParts(parts, { ...options, dataDir })
    // What a killed one left must not lead anybody to this one.
    await (options.shared ? writeRuntimeFile(dataDir, addresses) : removeRuntimeFile(dataDir))
    return {
      addresses,
      failed: parts.firstEnded(),
      pids: () => parts.pids(),
      lastIngesterProblem: () => parts.lastIngesterProblem(),
      async stop() {
        await removeRuntimeFile(dataDir)
        await parts.stop()
      },
    }
  } catch (error) {
    // A runtime file stays: it may be that of the runtime which has the data directory.
    await parts.stop()
    throw error
  }
}

async function startParts(parts: RuntimeParts, options: StartRuntimeOptions): Promise<RuntimeAddresses> {
  const { dataDir, database = 'polo', onProgress = () => {} } = options
  // The engine's lock on its directory is the lock on the whole data directory, so it comes first.
  const clickhouseUrl = options.clickhouseUrl ?? (await startDatabase(parts, options))
  onProgress('starting SQS')
  const sqs = await parts.startSqs({ dataDir: join(dataDir, QUEUES), port: options.sqsPort ?? 0 })
  const addresses: RuntimeAddresses = {
    pid: process.pid,
    clickhouseUrl,
    database,
    sqsEndpoint: sqs.endpoint,
    queueUrl: sqs.queueUrls[EVENTS_QUEUE] ?? '',
    backfillQueueUrl: sqs.queueUrls[BACKFILL_QUEUE] ?? '',
    deadLetterQueueUrl: sqs.queueUrls[EVENTS_DEAD_LETTER_QUEUE] ?? '',
    jobsDeadLetterQueueUrl: sqs.queueUrls[JOBS_DEAD_LETTER_QUEUE] ?? '',
  }
  onProgress('starting the ingester')
  const sourceQueue = (name: string) => ({
    queueUrl: sqs.queueUrls[name] ?? '',
    queueArn: sqs.queueArns[name] ?? '',
  })
  await parts.startIngester({
    ...addresses,
    dataDir,
    events: sourceQueue(EVENTS_QUEUE),
    backfill: sourceQueue(BACKFILL_QUEUE),
    controlSenders: [LOCAL_SQS_ACCOUNT],
  })
  return addresses
}

async function startDatabase(parts: RuntimeParts, options: StartRuntimeOptions): Promise<string> {
  const { dataDir, clickhousePort = 0, database = 'polo', config, onProgress = () => {} } = options
  onProgress('starting ClickHouse')
  const url = await parts.startClickHouse({
    dataDir: join(dataDir, DATABASE),
    port: clickhousePort,
    password: await ensureClickHousePassword(dataDir),
  })
  onProgress('bringing the schema up to date')
  await migrate({
    connect: (name) => connectClickHouse({ url, database: name }),
    database,
    target: { kind: 'embedded' },
    directory: schemaDirectory,
    config,
  })
  return url
}
