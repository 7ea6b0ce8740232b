import { runSchedule, type ScheduleReport } from './run-schedule.ts'
import type { Sabotage } from './sabotage.ts'
import { startServers } from './servers.ts'

/** One schedule to run. */
export interface Job {
  readonly seed: number
  readonly sabotage: Sabotage
}

export interface JobResult {
  readonly job: Job
  /** An error where the schedule did not come to its end. */
  readonly report: ScheduleReport | Error
}

/** Runs jobs, several at a time, each worker with servers of its own: most of the time they wait for timeouts. */
export async function runJobs(
  jobs: Iterator<Job, undefined>,
  options: { workers: number; patience: number; directory: string; onResult: (result: JobResult) => void },
): Promise<JobResult[]> {
  const results: JobResult[] = []
  const work = async () => {
    let servers = await startServers(options.directory)
    for (let job = jobs.next().value; job; job = jobs.next().value) {
      const report = await runSchedule(servers, { ...job, patience: options.patience }).catch(toError)
      const result = { job, report }
      results.push(result)
      options.onResult(result)
      if (!(report instanceof Error)) continue
      // Whatever they were left in, the next schedule must not inherit it.
      await servers.stop()
      servers = await startServers(options.directory)
    }
    await servers.stop()
  }
  await Promise.all(Array.from({ length: options.workers }, work))
  return results
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
