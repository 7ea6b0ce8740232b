import type { Command } from 'commander'
import { findDeadJobs } from '../../dead-letters/find-dead-jobs.ts'
import { renderDeadJobs } from '../../dead-letters/render-dead-jobs.ts'
import { withJobsDeadLetterQueue } from '../../dead-letters/with-dead-letter-queue.ts'
import type { GlobalOptions } from '../../session/settings.ts'

export function addLs(jobs: Command): void {
  jobs
    .command('ls')
    .description('list what was given up, and how to make up for it')
    .addHelpText('after', HELP)
    .action((flags: GlobalOptions) =>
      withJobsDeadLetterQueue(flags, async (queue) => {
        const list = await findDeadJobs(queue)
        if (queue.output.isJson) queue.output.json(list)
        else queue.output.data(renderDeadJobs(list))
      }),
    )
}

const HELP = `
Examples:
  polo jobs ls
  polo jobs ls --json | jq '.jobs[] | select(.kind == "firing")'
`
