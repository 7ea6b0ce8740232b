import type { Command } from 'commander'
import { addDismiss } from './loads/dismiss.ts'
import { addLs } from './loads/ls.ts'
import { addRetry } from './loads/retry.ts'

export function addLoads(program: Command): void {
  const loads = program
    .command('loads')
    .description('files that the database loads by itself: cost exports and flow logs')
    .addHelpText('after', HELP)
  for (const add of [addLs, addRetry, addDismiss]) add(loads)
}

const HELP = `
A load that fails is tried again, later each time, for half a day; then it is given up, and waits for polo loads retry
or polo loads dismiss.
docs/cost-exports.md says what the reasons mean.

Examples:
  polo loads ls
  polo loads retry --all
  polo loads dismiss 5f2b6c1e-8d2f-5b58-9d06-0a4b3c2d1e0f
`
