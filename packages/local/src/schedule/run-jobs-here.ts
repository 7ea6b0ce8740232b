import { join } from 'node:path'
import { type Collector, JobFailedError, type JobMessage, orAborted, runJob } from '@polo/collectors'
import { jobTimeoutMs, maxEventAgeSeconds } from '@polo/core'
import { sendDeadJob } from './dead-jobs.ts'
import { describeError } from './describe-error.ts'
import { directoryStore, STATE_DIRECTORY } from './directory-store.ts'
import { createJobRunner, type GivenUp, type JobRunner } from './job-runner.ts'
import { observedSource } from './observed-source.ts'
import type { DoneJobs } from './read-done-jobs.ts'
import type { ScheduleOptions } from './start-schedule.ts'

/** Runs jobs as the deployed collectors do, but for those that are done; the signal ends those that run early. */
export function runJobsHere(
  options: ScheduleOptions,
  { done, signal }: { readonly done: DoneJobs; readonly signal: AbortSignal },
): JobRunner {
  return createJobRunner({
    ...options.runner,
    attempt: (job, onProgress) => attempt(job, options, { done, onProgress, signal }),
    giveUp: (job, why) => giveUp(job, why, options),
    maxAgeMs: ({ collector }) => maxEventAgeSeconds(findCollector(collector, options).schedule) * 1000,
  })
}

interface Attempt {
  readonly done: DoneJobs
  readonly onProgress: () => void
  readonly signal: AbortSignal
}

async function attempt(
  job: JobMessage,
  options: ScheduleOptions,
  { done, onProgress, signal }: Attempt,
): Promise<void> {
  const { sourceFor, sink, config, dataDir, timeoutMs, onRun, onNote } = options
  const collector = findCollector(job.collector, options)
  try {
    const aws = observedSource(sourceFor(job, collector), onProgress)
    // What keeps the regions from being listed is the run's to report.
    if (await orAborted(signal, () => done.covers(job, aws)).catch(() => false)) return
    const run = await runJob(job, {
      collector,
      sourceFor: () => aws,
      sink,
      config,
      state: directoryStore(join(dataDir, STATE_DIRECTORY)),
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
