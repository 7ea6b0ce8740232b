import type { PoloStatus } from '@polo/core'
import { changeAccountSettings, readAccounts } from '@polo/ingester'
import type { Command } from 'commander'
import { readAccountIds, requireKnown } from '../../accounts/read-account-ids.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

export function addPause(accounts: Command): void {
  addChange(accounts, {
    name: 'pause',
    description: 'stop collecting from accounts; what was collected stays',
    status: 'paused',
    done: 'paused',
  })
}

export function addResume(accounts: Command): void {
  addChange(accounts, {
    name: 'resume',
    description: 'collect from paused or pending accounts again',
    status: 'active',
    done: 'active',
  })
}

interface Change {
  readonly name: string
  readonly description: string
  readonly status: PoloStatus
  readonly done: string
}

function addChange(accounts: Command, { name, description, status, done }: Change): void {
  accounts
    .command(name)
    .description(description)
    .argument('<id...>', 'ids of accounts')
    .action((texts: string[], flags: GlobalOptions) => {
      const ids = readAccountIds(texts)
      return withExistingSession(flags, async ({ clickhouse }, { output }) => {
        const before = await readAccounts(clickhouse)
        requireKnown(ids, before)
        for (const id of ids) await changeAccountSettings(clickhouse, id, { polo_status: status })
        const changed = (await readAccounts(clickhouse)).filter(({ aws_account_id }) =>
          ids.includes(aws_account_id),
        )
        if (output.isJson) return output.json(changed)
        for (const account of changed) {
          const was = before.find(
            ({ aws_account_id }) => aws_account_id === account.aws_account_id,
          )?.polo_status
          const isSuspended = account.polo_status === 'suspended' && status !== 'suspended'
          output.data(
            isSuspended
              ? `${account.aws_account_id} stays suspended: AWS says that it is ${account.status}`
              : `${account.aws_account_id} is ${done}${describeChange(was, status, account.aws_account_id)}`,
          )
        }
      })
    })
}

/** What the words alone would not say. */
function describeChange(was: PoloStatus | undefined, status: PoloStatus, id: string): string {
  if (was === status) return ', as it was'
  const isUnverified = was === 'pending' && status === 'active'
  return isUnverified
    ? `, though it was never verified: polo accounts verify ${id} says whether its role works`
    : ''
}
