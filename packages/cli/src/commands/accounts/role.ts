import { type CloudFormationTemplate, COLLECTORS, memberTemplate, payerTemplate } from '@polo/collectors'
import { defaultExternalId, hubBusArn } from '@polo/core'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { findHub, type HubFlags } from '../../accounts/find-hub.ts'
import { createContext } from '../../context.ts'
import { UsageError } from '../../errors.ts'
import type { GlobalOptions } from '../../settings.ts'

interface RoleFlags extends GlobalOptions, HubFlags {
  readonly payer?: boolean
  readonly stage: string
  readonly externalId?: string
}

const STAGE = /^[a-z][a-z0-9-]{0,30}$/i

export function addRole(accounts: Command): void {
  accounts
    .command('role')
    .description('print the CloudFormation template of the roles that Polo reads accounts with')
    .option('--payer', 'for the payer account: may also read Organizations and costs')
    .option('--hub-account <id>', "the account that Polo is deployed in (default: your credentials')")
    .option('--hub-region <name>', 'the region that Polo is deployed in (default: AWS_REGION)')
    .option('--stage <name>', 'the deployed stage, whose event bus the rules forward to', 'production')
    .option(
      '--external-id <id>',
      'what the role asks for (default: externalId of polo.config.ts, or polo-<hub account>)',
    )
    .option('--profile <name>', 'a profile of your AWS configuration, to find out the hub account')
    .addHelpText('after', HELP)
    .action(async (flags: RoleFlags) => {
      if (!STAGE.test(flags.stage))
        throw new UsageError(`--stage ${flags.stage}: expected letters, digits and -`)
      const { config, output } = await createContext(flags)
      const hub = await findHub(flags)
      const render = flags.payer ? payerTemplate : memberTemplate
      const template = render({
        collectors: COLLECTORS,
        hubAccountId: hub.accountId,
        hubRegion: hub.region,
        hubBusArn: hubBusArn({ ...hub, stage: flags.stage }),
        externalId: flags.externalId ?? config.externalId ?? defaultExternalId(hub.accountId),
        organizationId: config.organizationId,
      })
      if (output.isJson) output.json(template)
      else output.data(renderYaml(template))
    })
}

/** CloudFormation reads YAML 1.1, in which a bare date is no string, and takes no aliases. */
function renderYaml(template: CloudFormationTemplate): string {
  return stringify(template, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false })
}

const HELP = `
One template for every member account (a StackSet over all accounts and enabled regions), and one with --payer for the
payer account, which StackSets skip. The read role is made once per account; in each region, a rule forwards
CloudTrail's management events and EC2 state changes to the hub. docs/deploy.md goes through it step by step.

Examples:
  polo accounts role --hub-account 111122223333 --hub-region eu-west-1 > member.yaml
  polo accounts role --payer --profile hub > payer.yaml
`
