import { readAccountScans, readAccounts } from '@polo/ingester'
import type { Command } from 'commander'
import { renderAccounts, renderScans } from '../../accounts/render-accounts.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

interface LsFlags extends GlobalOptions {
  readonly scans?: boolean
}

export function addLs(accounts: Command): void {
  accounts
    .command('ls')
    .description('list the accounts, with what is collected from them')
    .option('--scans', 'the last scan, success and error of each collector instead')
    .action((flags: LsFlags) =>
      withExistingSession(flags, async ({ clickhouse }, { output }) => {
        const scans = await readAccountScans(clickhouse)
        if (flags.scans) {
          if (output.isJson) output.json(scans)
          else output.data(renderScans(scans))
          return
        }
        const known = await readAccounts(clickhouse)
        const accountsWithScans = known.map((account) => ({
          ...account,
          scans: scans.filter(({ aws_account_id }) => aws_account_id === account.aws_account_id),
        }))
        if (output.isJson) output.json(accountsWithScans)
        else output.data(renderAccounts(accountsWithScans))
      }),
    )
}
