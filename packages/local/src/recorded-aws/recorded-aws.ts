import { join, resolve } from 'node:path'
import { type AwsSource, createAwsClient, MAX_ATTEMPTS } from '@polo/collectors'
import { REGION_NAME } from '@polo/core'
import { RecordingError } from './errors.ts'
import { findEndpoint } from './find-endpoint.ts'
import { ACCOUNT_NAME, findAccounts, findRegions } from './recorded-places.ts'
import { replayCalls } from './replay-calls.ts'
import { retryAtOnce } from './retry-at-once.ts'

const ACCOUNT_WIDE_REGION = 'us-east-1'

/** The SDK signs every request, and a recording must not need anyone's credentials. */
const NO_CREDENTIALS = { accessKeyId: 'recorded', secretAccessKey: 'recorded' }
const NO_NETWORK = {
  handle: () => Promise.reject(new RecordingError('a recorded call reached the network')),
}

/**
 * AWS as it once answered: a directory of `<account>/<region>/<endpoint prefix>.<Operation>_<n>.json`, each
 * `{ "status_code": 200, "data": {…} }` as placebo writes them. Account-wide services answer from `<account>/us-east-1`.
 * Answers that depend on the question are together in `<endpoint prefix>.<Operation>.json`: `{ "answers": [{ "for": {…}, … }] }`.
 * Directories whose name begins with '.' or '_' are left out.
 * Calls throw RecordingError for a file or layout that is not usable, MissingRecordingError for one that is not there,
 * and recorded errors as the SDK throws them. `account` leaves the other accounts out.
 */
export function recordedAws({ directory, account }: { directory: string; account?: string }): AwsSource {
  const root = resolve(directory)
  return {
    description: `the recording in ${root}`,
    accounts: async () => (await findAccounts(root, account)).map((id) => ({ id, source: 'recording' })),
    regions: (accountId) => findRegions(join(root, accountId)),
    client(clientClass, { accountId, region, countCall }) {
      if (!ACCOUNT_NAME.test(accountId) || !REGION_NAME.test(region)) {
        throw new RecordingError(`'${accountId}' in '${region}' is not an account and a region`)
      }
      return createAwsClient(clientClass, configFor(region), {
        countCall,
        isFree: true,
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
