import { type Collector, JobFailedError, type JobMessage, runJob } from '@polo/collectors'
import { jobTimeoutMs, maxEventAgeSeconds } from '@polo/core'
import { sendDeadJob } from './dead-jobs.ts'
import { describeError } from './describe-error.ts'
import { createJobRunner, type GivenUp, type JobRunner } from './job-runner.ts'
import { observedSource } from './observed-source.ts'
import type { ScheduleOptions } from './start-schedule.ts'

/** Runs jobs as the deployed collectors do; the signal ends those that run early. */
export function runJobsHere(options: ScheduleOptions, signal: AbortSignal): JobRunner {
  return createJobRunner({
    ...options.runner,
    attempt: (job, onProgress) => attempt(job, options, { onProgress, signal }),
    giveUp: (job, why) => giveUp(job, why, options),
    maxAgeMs: ({ collector }) => maxEventAgeSeconds(findCollector(collector, options).schedule) * 1000,
  })
}

async function attempt(
  job: JobMessage,
  options: ScheduleOptions,
  { onProgress, signal }: { readonly onProgress: () => void; readonly signal: AbortSignal },
): Promise<void> {
  const { sourceFor, sink, config, timeoutMs, onRun, onNote } = options
  const collector = findCollector(job.collector, options)
  try {
    const run = await runJob(job, {
      collector,
      sourceFor: (message) => observedSource(sourceFor(message, collector), onProgress),
      sink,
      tagCascade: config.tags,
      timeoutMs: Math.min(timeoutMs, jobTimeoutMs(collector.schedule)),
      signal,
    })
    onRun(run)
  } catch (error) {
    if (error instanceof JobFailedError) onRun(error.run)
    else onNote(`${job.account.id} ${job.collector} could not report: ${describeError(error)}`)
    throw error
  }
}

async function giveUp(
  job: JobMessage,
  why: GivenUp,
  { sqs, jobsDeadLetterQueueUrl, onNote }: ScheduleOptions,
): Promise<void> {
  try {
    await sendDeadJob({ sqs, queueUrl: jobsDeadLetterQueueUrl }, job, why)
  } catch (error) {
    onNote(
      `${job.account.id} ${job.collector} was given up, and the dead-letter queue did not take it: ${describeError(error)}`,
    )
  }
}

function findCollector(name: string, { collectors }: ScheduleOptions): Collector {
  const collector = collectors.find((candidate) => candidate.name === name)
  if (!collector) throw new TypeError(`there is no collector ${name}`)
  return collector
}
