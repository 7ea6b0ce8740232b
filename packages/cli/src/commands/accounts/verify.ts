import { COLLECTORS } from '@polo/collectors'
import { readAccounts } from '@polo/ingester'
import type { Command } from 'commander'
import { activateVerified } from '../../accounts/activate-verified.ts'
import { checkRegion } from '../../accounts/find-hub.ts'
import { readAccountIds, requireKnown } from '../../accounts/read-account-ids.ts'
import { renderVerification } from '../../accounts/render-verification.ts'
import { chooseAccounts, isVerified, verifyAccounts } from '../../accounts/verify-accounts.ts'
import { chooseCollectors } from '../../collect/choose-collectors.ts'
import { EXIT } from '../../exit-code.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withExistingSession } from '../../session/with-session.ts'

interface VerifyFlags extends GlobalOptions {
  readonly collector?: readonly string[]
  readonly region?: string
  readonly profile?: string
  readonly endpoint?: string
}

export function addVerify(accounts: Command): void {
  accounts
    .command('verify')
    .description(
      'assume the read role and try every permission of every collector; pending accounts of which all works become active',
    )
    .argument('[id...]', 'ids of accounts (default: all but suspended and recorded ones)')
    .option('--collector <name...>', 'only the permissions of these collectors')
    .option('--region <name>', 'where to try (default: the first region that is collected from)')
    .option('--profile <name>', 'a profile of your AWS configuration that may assume the read roles')
    .option('--endpoint <url>', 'send every AWS call to this URL, such as an emulator')
    .addHelpText('after', HELP)
    .action((texts: string[], flags: VerifyFlags) => {
      const ids = readAccountIds(texts)
      if (flags.region !== undefined) checkRegion('--region', flags.region)
      const collectors = flags.collector ? chooseCollectors(flags.collector) : COLLECTORS
      return withExistingSession(flags, async ({ clickhouse }, { config, output, signal }) => {
        const known = await readAccounts(clickhouse)
        requireKnown(ids, known)
        const verifications = await verifyAccounts(chooseAccounts(known, ids), {
          ...flags,
          all: COLLECTORS,
          collectors,
          config,
          signal,
          onProgress: output.progress,
        })
        output.clearProgress()
        const results = await activateVerified(clickhouse, verifications)
        if (output.isJson)
          output.json(
            results.map(({ account, isWhole: _, ...result }) => ({
              aws_account_id: account.aws_account_id,
              ...result,
            })),
          )
        else output.data(renderVerification(results, { every: results.length === 1 }))
        process.exitCode = results.length > 0 && results.every(isVerified) ? EXIT.done : EXIT.incomplete
      })
    })
}

const HELP = `
It runs with your credentials, which must be allowed to assume the read roles: those of the hub. What a collector
would only ask after it found something is asked of something that does not exist. A pending account stays pending
where --collector leaves a part of its permissions untried.

Exit code 0 when every permission works in every account, 2 when one does not, 1 for errors.
`
