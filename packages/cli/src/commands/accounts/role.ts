import { type CloudFormationTemplate, COLLECTORS, memberTemplate, payerTemplate } from '@polo/collectors'
import { defaultExternalId, hubBusArn, READ_ROLE_NAME, READ_ROLE_PATTERN } from '@polo/core'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { findHub, type HubFlags } from '../../accounts/find-hub.ts'
import { readExternalId } from '../../accounts/read-external-id.ts'
import { UsageError } from '../../errors.ts'
import { createContext } from '../../session/context.ts'
import type { GlobalOptions } from '../../session/settings.ts'

interface RoleFlags extends GlobalOptions, HubFlags {
  readonly payer?: boolean
  readonly stage: string
  readonly externalId?: string
  readonly roleName: string
}

const STAGE = /^[a-z][a-z0-9-]{0,30}$/i

export function addRole(accounts: Command): void {
  accounts
    .command('role')
    .description('print the CloudFormation template of the roles that Polo reads accounts with')
    .option('--payer', 'for the payer account: may also read Organizations and costs')
    .option('--hub-account <id>', "the account that Polo is deployed in (default: your credentials')")
    .option(
      '--hub-region <name>',
      "the region that Polo is deployed in (default: AWS_REGION, or the profile's)",
    )
    .option('--stage <name>', 'the deployed stage, whose event bus the rules forward to', 'production')
    .option('--role-name <name>', 'name of the read role: polo-read or polo-read-…', READ_ROLE_NAME)
    .option(
      '--external-id <id>',
      'what the role asks for (default: externalId of polo.config.ts, or polo-<hub account>)',
    )
    .option('--profile <name>', 'a profile of your AWS configuration, to find out the hub account and region')
    .option('--endpoint <url>', 'ask this URL, such as an emulator, for the hub account')
    .addHelpText('after', HELP)
    .action(async (flags: RoleFlags) => {
      checkFlags(flags)
      const { config, output } = await createContext(flags)
      const hub = await findHub(flags)
      const render = flags.payer ? payerTemplate : memberTemplate
      const template = render({
        collectors: COLLECTORS,
        config,
        hubAccountId: hub.accountId,
        hubRegion: hub.region,
        hubBusArn: hubBusArn({ ...hub, stage: flags.stage }),
        externalId: flags.externalId ?? config.externalId ?? defaultExternalId(hub.accountId),
        organizationId: config.organizationId,
        roleName: flags.roleName,
      })
      if (output.isJson) output.json(template)
      else output.data(renderYaml(template))
    })
}

function checkFlags({ stage, roleName, externalId }: RoleFlags): void {
  if (!STAGE.test(stage)) throw new UsageError(`--stage ${stage}: expected letters, digits and -`)
  if (!READ_ROLE_PATTERN.test(roleName)) {
    throw new UsageError(
      `--role-name ${roleName}: expected polo-read or polo-read-…, which is all that Polo may assume`,
    )
  }
  if (externalId !== undefined) readExternalId(externalId)
}

/** CloudFormation reads YAML 1.1, in which a bare date is no string, and takes no aliases. */
function renderYaml(template: CloudFormationTemplate): string {
  return stringify(template, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })
}

const HELP = `
One template for every member account (a StackSet over all accounts and enabled regions), and one with --payer for the
payer account, which StackSets skip. The read role is made once per account; in each region, a rule forwards
CloudTrail's management events and EC2 state changes to the hub. docs/deploy.md goes through it step by step.

Two stages in one organization need a role each, for each asks for its own hub: say --role-name polo-read-staging for
the second. That stage reads an account by it only where polo_read_role says so, which starts out as polo-read:
polo accounts add ID --read-role polo-read-staging, for each account. Only the read role is
renamed: in an account that has the first stage's stack already, leave ForwardRole and LifecycleRule out of the second.

Examples:
  polo accounts role --hub-account 111122223333 --hub-region eu-west-1 > member.yaml
  polo accounts role --payer --profile hub > payer.yaml
`
