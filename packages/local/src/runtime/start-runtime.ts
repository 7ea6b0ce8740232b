import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PoloConfig } from '@polo/core'
import { connectClickHouse, migrate } from '@polo/ingester'
import { type Child, startChild } from '../child.ts'
import { startClickHouse } from '../clickhouse/start-clickhouse.ts'
import { LOCAL_SQS_ACCOUNT } from '../sqs/sqs-client.ts'
import { startSqs } from '../sqs/start-sqs.ts'
import type { IngesterProcessOptions } from './ingester-process.ts'
import { keepAlive } from './keep-alive.ts'
import { EVENTS_DEAD_LETTER_QUEUE, EVENTS_QUEUE, LOCAL_QUEUES } from './local-queues.ts'
import { type RuntimeAddresses, removeRuntimeFile, writeRuntimeFile } from './runtime-file.ts'

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
  /** Told what is being started, for people who wait. */
  readonly onProgress?: (what: string) => void
}

/** Everything that one machine needs: ClickHouse, SQS and the ingester, each in a process of its own. */
export interface Runtime {
  readonly addresses: RuntimeAddresses
  /** Resolves with a part's name when it ended without being asked to; the ingester is replaced a few times first. */
  readonly failed: Promise<string>
  /** The processes that run now, by part: ClickHouse, SQS, ingester. */
  pids(): Readonly<Record<string, number>>
  /** Stops in the order in which nothing is lost: ingester, SQS, ClickHouse. */
  stop(): Promise<void>
}

interface Part {
  readonly name: string
  readonly process: { readonly pid: number; stop(): Promise<void> }
  /** When it ended and nothing replaces it. */
  readonly ended: Promise<unknown>
}

/**
 * Starts the whole pipeline on one machine and brings its database up to date.
 * @throws DataDirectoryInUseError, PortInUseError, LocalServerError, MigrationError; nothing is left running then
 */
export async function startRuntime(options: StartRuntimeOptions): Promise<Runtime> {
  const { config, database = 'polo', onProgress = () => {} } = options
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const parts: Part[] = []
  const stopParts = async () => {
    for (const part of parts.toReversed()) await part.process.stop()
  }
  const add = async <Started extends Child>(name: string, starting: Promise<Started>): Promise<Started> => {
    const child = await starting
    parts.push({ name, process: child, ended: child.exited })
    return child
  }
  const startEmbedded = async () => {
    onProgress('starting ClickHouse')
    // The engine's lock on its directory is the lock on the whole data directory, so it comes first.
    const { url } = await add(
      'ClickHouse',
      startClickHouse({ dataDir: join(dataDir, 'clickhouse'), port: options.clickhousePort ?? 0 }),
    )
    onProgress('bringing the schema up to date')
    await migrateEmbedded(url, database, config)
    return url
  }
  try {
    const clickhouseUrl = options.clickhouseUrl ?? (await startEmbedded())
    onProgress('starting SQS')
    const sqs = await add(
      'SQS',
      startSqs({ dataDir: join(dataDir, 'sqs'), port: options.sqsPort ?? 0, queues: LOCAL_QUEUES }),
    )
    const addresses: RuntimeAddresses = {
      pid: process.pid,
      clickhouseUrl,
      database,
      sqsEndpoint: sqs.endpoint,
      queueUrl: sqs.queueUrls[EVENTS_QUEUE] ?? '',
      deadLetterQueueUrl: sqs.queueUrls[EVENTS_DEAD_LETTER_QUEUE] ?? '',
    }
    onProgress('starting the ingester')
    const ingesterOptions: IngesterProcessOptions = {
      ...addresses,
      queueArn: sqs.queueArns[EVENTS_QUEUE] ?? '',
      controlSenders: [LOCAL_SQS_ACCOUNT],
    }
    const entry = new URL('./ingester-process.ts', import.meta.url)
    const ingester = await keepAlive(() => startChild({ name: 'ingester', entry, options: ingesterOptions }))
    parts.push({ name: 'ingester', process: ingester, ended: ingester.gaveUp })
    await writeRuntimeFile(dataDir, addresses)
    const failed = Promise.race(parts.map(({ name, ended }) => ended.then(() => name)))
    const pids = () => Object.fromEntries(parts.map((part) => [part.name, part.process.pid]))
    const stop = async () => {
      await removeRuntimeFile(dataDir)
      await stopParts()
    }
    return { addresses, failed, pids, stop }
  } catch (error) {
    // The runtime file stays: it may be that of the runtime which has the data directory.
    await stopParts()
    throw error
  }
}

async function migrateEmbedded(url: string, database: string, config: PoloConfig): Promise<void> {
  await migrate({
    connect: (name) => connectClickHouse({ url, database: name }),
    database,
    target: { kind: 'embedded' },
    directory: schemaDirectory,
    config,
  })
}
