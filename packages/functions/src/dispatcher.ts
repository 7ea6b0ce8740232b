import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createSqsSink, type DispatchReport, DispatchRequest, dispatch } from '@polo/collectors'
import { type PoloConfigInput, parseConfig } from '@polo/core'
import { readAccounts } from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { CLICKHOUSE_LINKS, ClickHouseEnvironment, connectByLinks } from './connect-clickhouse.ts'
import { invokeByLambda } from './invoke-job.ts'
import { readLinks } from './links.ts'
import { readEnvironment } from './read-environment.ts'
import { STATE_CLIENT_SETTINGS, s3ObjectStore } from './s3-object-store.ts'
import { createLogger } from './telemetry.ts'

const Environment = ClickHouseEnvironment.extend({
  /** What the names of collectors' functions begin with. */
  FUNCTION_PREFIX: z.string().min(1),
  HUB_ACCOUNT_ID: z.string().regex(/^\d{12}$/),
  /** Set by Lambda. */
  AWS_REGION: z.string().min(1),
})

/** The function that every schedule invokes, with a DispatchRequest; `input` is `polo.config.ts`'s. */
export function createDispatcherHandler(input?: PoloConfigInput) {
  const environment = readEnvironment(Environment, process.env)
  const links = readLinks(Resource, ...CLICKHOUSE_LINKS, 'EventsQueue', 'StateBucket')
  const clickhouse = connectByLinks(links, environment.CLICKHOUSE_DATABASE)
  const logger = createLogger()
  const dependencies = {
    listAccounts: () => readAccounts(clickhouse),
    remembered: s3ObjectStore(new S3Client(STATE_CLIENT_SETTINGS), links.StateBucket),
    sink: createSqsSink({ client: new SQSClient(), queueUrl: links.EventsQueue }),
    invoke: invokeByLambda(new LambdaClient(), environment.FUNCTION_PREFIX),
    config: parseConfig(input ?? {}),
    hubAccountId: environment.HUB_ACCOUNT_ID,
    region: environment.AWS_REGION,
    onNote: (note: string) => logger.warn(note),
  }
  return async (event: unknown): Promise<DispatchReport> => {
    const report = await dispatch(DispatchRequest.parse(event), dependencies)
    // Nobody gets the answer of an asynchronous invocation.
    logger.info('a firing was dispatched', { ...report, invoked: report.invoked.length })
    return report
  }
}
