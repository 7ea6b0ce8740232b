import type { Command } from 'commander'
import { addLs } from './jobs/ls.ts'
import { addPurge } from './jobs/purge.ts'

export function addJobs(program: Command): void {
  const jobs = program
    .command('jobs')
    .description('collections that were given up, and why: the dead-letter queue of jobs')
    .addHelpText('after', HELP)
  for (const add of [addLs, addPurge]) add(jobs)
}

const HELP = `
A job comes here when it failed or was throttled twice, or was not begun within its schedule's interval; a whole
firing when the dispatcher was not reached or gave up. Nothing is tried again from here: the next slot is.

POLO_JOBS_DEAD_LETTER_QUEUE_URL names the queue of a deployed Polo. Without it, the local one is meant.

Examples:
  polo jobs ls
  polo jobs purge
`
