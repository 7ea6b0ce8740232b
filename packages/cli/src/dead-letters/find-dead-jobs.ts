import { type DeadJobLetter, readDeadJobLetter } from './dead-job-letter.ts'
import { peekMessages } from './peek-messages.ts'
import type { DeadJobList } from './render-dead-jobs.ts'
import type { DeadLetterQueue } from './with-dead-letter-queue.ts'

/** Everything in the dead-letter queue of jobs, the oldest first; it stays there. */
export async function findDeadJobs(queue: DeadLetterQueue): Promise<DeadJobList> {
  const jobs: DeadJobLetter[] = []
  const hidden = await peekMessages(queue, (message) => {
    jobs.push(readDeadJobLetter(message))
    queue.output.progress(`reading jobs that were given up: ${jobs.length}`)
    return false
  })
  queue.output.clearProgress()
  return { jobs: jobs.sort((a, b) => a.given_up_at.localeCompare(b.given_up_at)), hidden }
}
