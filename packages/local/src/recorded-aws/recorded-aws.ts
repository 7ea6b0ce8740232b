import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type AwsSource, createAwsClient, MAX_ATTEMPTS } from '@polo/collectors'
import { RecordingError } from './errors.ts'
import { findEndpoint } from './find-endpoint.ts'
import { replayCalls } from './replay-calls.ts'
import { retryAtOnce } from './retry-at-once.ts'

const ACCOUNT = /^\d{12}$/
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d+$/
const ACCOUNT_WIDE_REGION = 'us-east-1'
const LAYOUT =
  '<12-digit account>/<region>/<service>.<Operation>_<n>.json, such as 123456789012/us-east-1/ec2.DescribeInstances_1.json'

/** The SDK signs every request, and a recording must not need anyone's credentials. */
const NO_CREDENTIALS = { accessKeyId: 'recorded', secretAccessKey: 'recorded' }
const NO_NETWORK = {
  handle: () => Promise.reject(new RecordingError('a recorded call reached the network')),
}

/**
 * AWS as it once answered: a directory of `<account>/<region>/<endpoint prefix>.<Operation>_<n>.json`, each
 * `{ "status_code": 200, "data": {…} }` as placebo writes them. Account-wide services answer from `<account>/us-east-1`.
 * Calls throw RecordingError for a file or layout that is not usable, MissingRecordingError for one that is not there,
 * and recorded errors as the SDK throws them. `account` leaves the other accounts out.
 */
export function recordedAws({ directory, account }: { directory: string; account?: string }): AwsSource {
  const root = resolve(directory)
  return {
    description: `the recording in ${root}`,
    accounts: async () => (await findAccounts(root, account)).map((id) => ({ id, source: 'recording' })),
    regions: (accountId) => findRegions(root, accountId),
    client(clientClass, { accountId, region, countCall }) {
      if (!ACCOUNT.test(accountId) || !REGION.test(region)) {
        throw new RecordingError(`'${accountId}' in '${region}' is not an account and a region`)
      }
      return createAwsClient(clientClass, configFor(region), {
        countCall,
        use(client) {
          const { prefix, isRegional } = findEndpoint(client, region)
          const answers = join(root, accountId, isRegional ? region : ACCOUNT_WIDE_REGION)
          // Outside the SDK's deserializer, so that it and the network below it are never reached.
          client.middlewareStack.add(replayCalls(answers, prefix), {
            name: 'poloReplayCalls',
            step: 'deserialize',
            priority: 'high',
          })
        },
      })
    },
  }
}

function configFor(region: string): object {
  return {
    region,
    credentials: NO_CREDENTIALS,
    maxAttempts: MAX_ATTEMPTS,
    retryStrategy: retryAtOnce(MAX_ATTEMPTS),
    defaultsMode: 'standard',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    requestHandler: NO_NETWORK,
  }
}

async function findAccounts(root: string, only: string | undefined): Promise<readonly string[]> {
  const accounts = await subdirectories(root, ACCOUNT)
  if (accounts.length === 0) {
    throw new RecordingError(`there is no account in the recording ${root}; expected ${LAYOUT}`)
  }
  if (only === undefined) return accounts
  if (accounts.includes(only)) return [only]
  throw new RecordingError(
    `account ${only} is not in the recording ${root}; there are ${accounts.join(', ')}`,
  )
}

async function findRegions(root: string, accountId: string): Promise<readonly string[]> {
  const directory = join(root, accountId)
  const regions = await subdirectories(directory, REGION)
  if (regions.length > 0) return regions
  throw new RecordingError(`there is no region in the recorded account ${directory}; expected ${LAYOUT}`)
}

async function subdirectories(directory: string, pattern: RegExp): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && pattern.test(entry.name))
      .map((entry) => entry.name)
      .sort()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingError(`the recording ${directory} cannot be read: ${reason}; expected ${LAYOUT}`, {
      cause,
    })
  }
}
