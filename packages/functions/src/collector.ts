import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import {
  type Collector,
  createSqsSink,
  JobFailedError,
  JobMessage,
  readRoleSource,
  runJob,
  usesState,
} from '@polo/collectors'
import { type CollectorRun, type PoloConfigInput, parseConfig } from '@polo/core'
import type { InvocationContext } from '@polo/ingester'
import { Resource } from 'sst/resource'
import * as z from 'zod'
import { readLinks } from './links.ts'
import { readEnvironment } from './read-environment.ts'
import { STATE_CLIENT_SETTINGS, s3ObjectStore } from './s3-object-store.ts'
import { createLogger } from './telemetry.ts'

const Environment = z.object({
  POLO_STAGE: z.string().min(1),
  /** Set by Lambda. */
  AWS_REGION: z.string().min(1),
})

/** What an invocation answers; all else is in the run's record. */
export type RunSummary = Pick<
  CollectorRun,
  'run_id' | 'collector' | 'aws_account_id' | 'slot' | 'status' | 'events'
>

/** The function of one collector, which the dispatcher invokes with a JobMessage; `input` is `polo.config.ts`'s. */
export function createCollectorHandler(collector: Collector, input?: PoloConfigInput) {
  const { POLO_STAGE: stage, AWS_REGION: region } = readEnvironment(Environment, process.env)
  const links = readLinks(Resource, 'EventsQueue')
  const logger = createLogger()
  const options = {
    collector,
    sourceFor: readRoleSource({ collector, region, stage }),
    sink: createSqsSink({ client: new SQSClient(), queueUrl: links.EventsQueue }),
    config: parseConfig(input ?? {}),
    state: usesState(collector) ? openState() : undefined,
  }
  const tell = (level: 'info' | 'warn', run: CollectorRun) => {
    const milliseconds = Date.parse(run.finished_at ?? run.started_at) - Date.parse(run.started_at)
    const { region_outcomes, rejected } = run
    logger[level]('a run has ended', { ...summarize(run), region_outcomes, rejected, milliseconds })
  }
  return async (event: unknown, context: InvocationContext): Promise<RunSummary> => {
    const message = JobMessage.parse(event)
    const timeoutMs = context.getRemainingTimeInMillis()
    try {
      const run = await runJob(message, { ...options, timeoutMs })
      tell('info', run)
      return summarize(run)
    } catch (error) {
      if (error instanceof JobFailedError) tell('warn', error.run)
      throw error
    }
  }
}

function openState() {
  return s3ObjectStore(new S3Client(STATE_CLIENT_SETTINGS), readLinks(Resource, 'StateBucket').StateBucket)
}

function summarize({ run_id, collector, aws_account_id, slot, status, events }: CollectorRun): RunSummary {
  return { run_id, collector, aws_account_id, slot, status, events }
}
