import { READ_ROLE_PATTERN, readRoleArn } from '@polo/core'
import { type AccountSettings, changeAccountSettings, readAccounts } from '@polo/ingester'
import type { Command } from 'commander'
import { checkRegion } from '../../accounts/find-hub.ts'
import { readAccountIds } from '../../accounts/read-account-ids.ts'
import { readExternalId } from '../../accounts/read-external-id.ts'
import type { GlobalOptions } from '../../session/settings.ts'
import { withSession } from '../../session/with-session.ts'

interface AddFlags extends GlobalOptions {
  readonly role?: string
  readonly readRole?: string
  readonly externalId?: string
  readonly region?: readonly string[]
  readonly active?: boolean
}

export function addAdd(accounts: Command): void {
  accounts
    .command('add')
    .description('add an account, or change how one that is known is read')
    .argument('<id>', 'id of the account')
    .option('--role <name>', "the account's part in the organisation, such as production")
    .option('--read-role <role>', 'name or ARN of the role to read it with (polo-read or polo-read-…)')
    .option('--external-id <id>', "what the role asks for, where it is not the hub's usual one ('': it is)")
    .option('--region <name...>', 'collect from these regions only')
    .option('--active', 'collect from it at once, without waiting for polo accounts verify')
    .action((text: string, flags: AddFlags) => {
      const [id = ''] = readAccountIds([text])
      const settings = readSettings(id, flags)
      return withSession(flags, async ({ clickhouse }, { output }) => {
        const known = (await readAccounts(clickhouse)).find(({ aws_account_id }) => aws_account_id === id)
        const isNew = known === undefined
        const status = flags.active ? 'active' : 'pending'
        await changeAccountSettings(clickhouse, id, {
          ...settings,
          ...(isNew || flags.active ? { polo_status: status } : {}),
        })
        const account = (await readAccounts(clickhouse)).find(({ aws_account_id }) => aws_account_id === id)
        if (output.isJson) return output.json(account)
        output.data(
          account?.polo_status === 'pending'
            ? `${id} is pending: create its role (polo accounts role), then polo accounts verify ${id}`
            : `${id} is ${account?.polo_status}`,
        )
      })
    })
}

function readSettings(id: string, flags: AddFlags): Partial<AccountSettings> {
  const { role, readRole, externalId, region } = flags
  for (const name of region ?? []) checkRegion('--region', name)
  // Refused here rather than at the first dispatch.
  if (readRole !== undefined && !READ_ROLE_PATTERN.test(readRole))
    readRoleArn({ id, role: readRole, region: 'us-east-1' })
  return {
    ...(role === undefined ? {} : { account_role: role }),
    ...(readRole === undefined ? {} : { polo_read_role: readRole }),
    ...(externalId === undefined ? {} : { external_id: externalId && readExternalId(externalId) }),
    ...(region === undefined ? {} : { regions: region }),
  }
}
