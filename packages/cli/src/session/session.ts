import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ClickHouseClient } from '@clickhouse/client'
import type { PoloConfig } from '@polo/core'
import { connectClickHouse } from '@polo/ingester'
import { lookForRuntime, type Runtime, type RuntimeAddresses, sqsClient, startRuntime } from '@polo/local'
import { UnreachableError, UsageError } from '../errors.ts'
import { checkClickHouse } from './check-clickhouse.ts'
import { makeDataDirectory, requireData } from './data-directory.ts'
import { deployedSqs } from './deployed-sqs.ts'
import type { Settings } from './settings.ts'

/** The pipeline that a command talks to: one that runs already, one of its own for the command's length, or a deployed one. */
export interface Session {
  readonly clickhouse: ClickHouseClient
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqs: SQSClient
  readonly queueUrl: string
  /** For what must not delay live data; empty where none is known. */
  readonly backfillQueueUrl: string
  /** Empty where none is known. */
  readonly deadLetterQueueUrl: string
  /** Of jobs; empty where none is known. */
  readonly jobsDeadLetterQueueUrl: string
  /** The queues and the ingester are those of a deployed Polo, not of this machine. */
  readonly isDeployed: boolean
  /** Set when the command started the pipeline itself. */
  readonly runtime?: Runtime
  close(): Promise<void>
}

export interface SessionOptions {
  readonly settings: Settings
  readonly config: PoloConfig
  readonly onProgress?: (what: string) => void
  readonly clickhousePort?: number
  readonly sqsPort?: number
  /** Other commands may use what this one starts, because it stays. */
  readonly shared?: boolean
}

/**
 * Opens a session, starting what is missing.
 * @throws UsageError, UnreachableError (also where the runtime that is up does not answer), and what `startRuntime` throws
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { settings } = options
  const { clickhouseUrl } = settings
  if (settings.queueUrl) return joinDeployed(settings)
  const found = await lookForRuntime(settings.dataDir)
  if (found.state === 'hung') throw hung(found.runtime, settings)
  if (found.state === 'up') return connect(checkRunning(found.runtime, settings))
  if (clickhouseUrl) await checkClickHouse({ ...settings, clickhouseUrl })
  await makeDataDirectory(settings.dataDir)
  const runtime = await startRuntime({
    ...options,
    dataDir: settings.dataDir,
    database: settings.database,
    clickhouseUrl: settings.clickhouseUrl,
  })
  return { ...connect(runtime.addresses, () => runtime.stop()), runtime }
}

/**
 * As `openSession`, for commands that only read: an empty data directory is a mistake then, not a beginning.
 * @throws UsageError when there is nothing to read
 */
export async function openExistingSession(options: SessionOptions): Promise<Session> {
  const { dataDir, clickhouseUrl } = options.settings
  if (!clickhouseUrl) await requireData(dataDir)
  return openSession(options)
}

/**
 * What `open` opens, unless the signal fires meanwhile: Ctrl-C reaches servers that are just starting, too.
 * @throws the signal's reason then; nothing is left open
 */
export async function openUnlessInterrupted(
  signal: AbortSignal,
  open: () => Promise<Session>,
): Promise<Session> {
  const session = await open().catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error
  })
  if (!signal.aborted) return session
  await session.close()
  throw signal.reason
}

interface Addresses {
  readonly clickhouseUrl: string
  readonly database: string
  readonly sqsEndpoint?: string
  readonly queueUrl: string
  readonly backfillQueueUrl?: string | undefined
  readonly deadLetterQueueUrl: string
  readonly jobsDeadLetterQueueUrl?: string | undefined
}

function connect(addresses: Addresses, stop: () => Promise<void> = async () => {}): Session {
  const clickhouse = connectClickHouse({ url: addresses.clickhouseUrl, database: addresses.database })
  const sqs = addresses.sqsEndpoint ? sqsClient(addresses.sqsEndpoint) : deployedSqs(addresses.queueUrl)
  return {
    ...addresses,
    backfillQueueUrl: addresses.backfillQueueUrl ?? '',
    jobsDeadLetterQueueUrl: addresses.jobsDeadLetterQueueUrl ?? '',
    isDeployed: addresses.sqsEndpoint === undefined,
    clickhouse,
    sqs,
    async close() {
      await clickhouse.close()
      sqs.destroy()
      await stop()
    },
  }
}

/** Another database than the one that was asked for would be filled, or read, without a word. */
function checkRunning(running: RuntimeAddresses, settings: Settings): RuntimeAddresses {
  const { clickhouseUrl, database, isDatabaseNamed, dataDir } = settings
  const isOtherServer = clickhouseUrl !== undefined && clickhouseUrl !== running.clickhouseUrl
  if (isOtherServer) throw notJoined(dataDir, 'another ClickHouse than POLO_CLICKHOUSE_URL')
  const isOtherDatabase = isDatabaseNamed && database !== running.database
  if (isOtherDatabase)
    throw notJoined(dataDir, `the database ${running.database}, which is not POLO_DATABASE`)
  return running
}

function hung({ pid }: RuntimeAddresses, { dataDir }: Settings): UnreachableError {
  return new UnreachableError(
    `Polo is up on ${dataDir} as process ${pid}, and its database does not answer: it is busy, or hangs. ` +
      `Try again in a minute; if that does not help, end it (kill ${pid}) and start it again. What it had acknowledged is on disk.`,
  )
}

function notJoined(dataDir: string, what: string): UsageError {
  return new UsageError(
    `Polo is up on ${dataDir} with ${what}. ` +
      'Unset the variable to use it, stop it, or choose another --data-dir.',
  )
}

async function joinDeployed({
  queueUrl = '',
  clickhouseUrl,
  database,
  backfillQueueUrl = '',
  deadLetterQueueUrl = '',
  jobsDeadLetterQueueUrl = '',
}: Settings): Promise<Session> {
  if (!clickhouseUrl) {
    throw new UsageError(
      'POLO_QUEUE_URL is set but POLO_CLICKHOUSE_URL is not: without it nobody can see what arrived',
    )
  }
  await checkClickHouse({ clickhouseUrl, database })
  const queues = { queueUrl, backfillQueueUrl, deadLetterQueueUrl, jobsDeadLetterQueueUrl }
  return connect({ clickhouseUrl, database, ...queues })
}
