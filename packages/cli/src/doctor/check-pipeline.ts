import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { connectClickHouse } from '@polo/ingester'
import { lookForRuntime, type RuntimeAddresses, schemaDirectory, sqsClient } from '@polo/local'
import { z } from 'zod'
import { describeError } from '../output/describe-error.ts'
import { deployedSqs } from '../session/deployed-sqs.ts'
import type { Settings } from '../session/settings.ts'
import { type Check, ok, problem, warning } from './check.ts'

const TIMEOUT_MS = 10_000
const OLDEST_SERVER = [26, 4] as const
const UNKNOWN_TABLE_OR_DATABASE = ['60', '81']

/** The parts that run: those of this machine, and those that the environment names. */
export async function checkPipeline(settings: Settings): Promise<Check[]> {
  const found = await lookForRuntime(settings.dataDir)
  const runtime = found.state === 'up' ? found.runtime : undefined
  const { clickhouseUrl, database, queueUrl, deadLetterQueueUrl } = settings
  // A deployed queue makes commands pass by what runs here.
  const local = queueUrl ? undefined : runtime
  const connect = (url: string) =>
    local && url.startsWith(local.sqsEndpoint) ? sqsClient(local.sqsEndpoint) : deployedSqs(url)
  const checks = await Promise.all([
    ...distinct(local?.clickhouseUrl, clickhouseUrl).map((url) =>
      checkClickHouse(url, url === local?.clickhouseUrl ? local.database : database),
    ),
    ...distinct(local?.queueUrl, queueUrl).map((url) => checkQueue('queue', url, connect)),
    ...distinct(local?.deadLetterQueueUrl, deadLetterQueueUrl).map((url) =>
      checkQueue('dead letters', url, connect),
    ),
  ])
  return [
    found.state === 'hung' ? judgeHung(found.runtime, settings) : checkRuntime(runtime, settings),
    ...checks.flat(),
  ]
}

function distinct(...urls: (string | undefined)[]): string[] {
  return [...new Set(urls)].filter((url) => url !== undefined)
}

function judgeHung({ pid }: RuntimeAddresses, { dataDir }: Settings): Check {
  const found = `up on ${dataDir} as process ${pid}, and its database does not answer`
  const advice = `wait a minute if it is busy; else end it (kill ${pid}) and start it again: what it had acknowledged is on disk`
  return problem('runtime', found, advice)
}

function checkRuntime(
  runtime: RuntimeAddresses | undefined,
  { dataDir, clickhouseUrl, queueUrl }: Settings,
): Check {
  const hasFile = existsSync(join(dataDir, 'runtime.json'))
  if (!runtime) {
    if (!hasFile) return ok('runtime', `none is up on ${dataDir}; commands start one where they need it`)
    const found = `one was started on ${dataDir}, and does not answer`
    return warning('runtime', found, 'start it again (polo up): what it had acknowledged is on disk')
  }
  const found = `up on ${dataDir} as process ${runtime.pid}`
  if (clickhouseUrl && !queueUrl && clickhouseUrl !== runtime.clickhouseUrl) {
    const advice = 'commands join the one that is up: stop it to use POLO_CLICKHOUSE_URL'
    return warning('runtime', `${found}, with another ClickHouse than POLO_CLICKHOUSE_URL`, advice)
  }
  return ok('runtime', found)
}

async function checkClickHouse(url: string, database: string): Promise<Check[]> {
  const server = connectClickHouse({ url, database: 'default' })
  const client = connectClickHouse({ url, database })
  try {
    const [version = ''] = await select(server, 'SELECT version() AS text')
    return [judgeVersion(version, url), await checkSchema(client, database)]
  } catch (error) {
    const found = `${url} does not answer: ${describeError(error)}`
    return [problem('ClickHouse', found, 'check address, password and network; is the server up?')]
  } finally {
    await Promise.all([server.close(), client.close()])
  }
}

export function judgeVersion(version: string, url: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_SERVER
  const found = `${version} at ${url}`
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('ClickHouse', found)
  return problem('ClickHouse', found, `Polo needs ${OLDEST_SERVER.join('.')} or newer: upgrade the server`)
}

async function checkSchema(client: ClickHouseClient, database: string): Promise<Check> {
  try {
    const query = 'SELECT version AS text FROM schema_migrations FINAL ORDER BY version'
    return judgeSchema(await select(client, query), await shippedVersions(), database)
  } catch (error) {
    const isAbsent = error instanceof ClickHouseError && UNKNOWN_TABLE_OR_DATABASE.includes(error.code)
    const found = isAbsent ? `there is none in database ${database}` : describeError(error)
    const advice = isAbsent ? 'run polo migrate' : `may this user read database ${database}?`
    return problem('schema', found, advice)
  }
}

export function judgeSchema(applied: readonly string[], shipped: readonly string[], database: string): Check {
  const missing = shipped.filter((version) => !applied.includes(version))
  if (missing.length > 0) {
    return problem('schema', `database ${database} lacks ${missing.join(', ')}`, 'run polo migrate')
  }
  const newer = applied.filter((version) => !shipped.includes(version))
  if (newer.length > 0) {
    const found = `database ${database} has ${newer.join(', ')}, which this release does not know`
    return warning('schema', found, 'use the release of Polo that migrated it')
  }
  return ok('schema', `database ${database} is at ${applied.at(-1)}`)
}

async function shippedVersions(): Promise<string[]> {
  const files = await readdir(schemaDirectory)
  return files.flatMap((file) => /^(\d{4})_\w+\.sql$/.exec(file)?.[1] ?? []).sort()
}

const Texts = z.array(z.object({ text: z.string() }))

async function select(client: ClickHouseClient, query: string): Promise<string[]> {
  const abort_signal = AbortSignal.timeout(TIMEOUT_MS)
  const result = await client.query({ query, format: 'JSONEachRow', abort_signal })
  return Texts.parse(await result.json()).map(({ text }) => text)
}

async function checkQueue(
  name: 'queue' | 'dead letters',
  queueUrl: string,
  connect: (queueUrl: string) => SQSClient,
): Promise<Check[]> {
  const sqs = connect(queueUrl)
  try {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
    )
    return [name === 'queue' ? judgeQueue(Attributes, queueUrl) : judgeDeadLetters(Attributes, queueUrl)]
  } catch (error) {
    const found = `${queueUrl} does not answer: ${describeError(error)}`
    return [problem(name, found, 'check the URL, the credentials and that they may read its attributes')]
  } finally {
    sqs.destroy()
  }
}

type Attributes = Partial<Record<string, string>>

export function judgeQueue(attributes: Attributes, queueUrl: string): Check {
  const waiting = Number(attributes.ApproximateNumberOfMessages ?? 0)
  const inFlight = Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0)
  const found = `${waiting} waiting, ${inFlight} in flight at ${queueUrl}`
  if (attributes.RedrivePolicy) return ok('queue', found)
  const advice =
    'give it a redrive policy: without one, a message that nobody can take comes back until it expires'
  return warning('queue', `${found}, without a dead-letter queue of its own`, advice)
}

export function judgeDeadLetters(attributes: Attributes, queueUrl: string): Check {
  const letters =
    Number(attributes.ApproximateNumberOfMessages ?? 0) +
    Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0)
  if (letters === 0) return ok('dead letters', `none at ${queueUrl}`)
  return warning('dead letters', `${letters} at ${queueUrl}`, 'see what was refused and why: polo dlq ls')
}
