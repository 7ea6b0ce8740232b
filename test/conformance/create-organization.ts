import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import {
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  MoveAccountCommand,
  OrganizationsClient,
  TagResourceCommand,
} from '@aws-sdk/client-organizations'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { IMAGE, required } from './create-estate.ts'

export interface At {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

const NAMES = ['web', 'data', 'sandbox', 'locked'] as const
export type Organization = Readonly<Record<(typeof NAMES)[number], string>>

/** Four member accounts, by name: web and data in /Workloads/Production, the others in the root; tagged by their name. */
export async function createOrganization(at: At): Promise<Organization> {
  const client = new OrganizationsClient(at)
  await client.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }))
  const { Roots } = await client.send(new ListRootsCommand({}))
  const rootId = required(Roots?.[0]?.Id, 'a root')
  const createUnit = async (Name: string, ParentId: string) => {
    const answer = await client.send(new CreateOrganizationalUnitCommand({ Name, ParentId }))
    return required(answer.OrganizationalUnit?.Id, 'a unit')
  }
  const createAccount = async (name: string) => {
    const answer = await client.send(
      new CreateAccountCommand({ AccountName: name, Email: `${name}@example.com` }),
    )
    const id = required(answer.CreateAccountStatus?.AccountId, 'an account')
    await client.send(new TagResourceCommand({ ResourceId: id, Tags: [{ Key: 'team', Value: name }] }))
    return id
  }
  const productionId = await createUnit('Production', await createUnit('Workloads', rootId))
  const ids: Record<string, string> = {}
  for (const name of NAMES) ids[name] = await createAccount(name)
  const accountOf = (name: string) => required(ids[name], name)
  for (const name of ['web', 'data']) {
    const AccountId = accountOf(name)
    await client.send(
      new MoveAccountCommand({ AccountId, SourceParentId: rootId, DestinationParentId: productionId }),
    )
  }
  return {
    web: accountOf('web'),
    data: accountOf('data'),
    sandbox: accountOf('sandbox'),
    locked: accountOf('locked'),
  }
}

/** Who is in a member account already. */
async function enter(at: At, accountId: string): Promise<At['credentials'] & { sessionToken: string }> {
  const { Credentials } = await new STSClient(at).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/admin`, RoleSessionName: 'setup' }),
  )
  return {
    accessKeyId: required(Credentials?.AccessKeyId, 'a key'),
    secretAccessKey: required(Credentials?.SecretAccessKey, 'a secret key'),
    sessionToken: required(Credentials?.SessionToken, 'a session'),
  }
}

/** @returns the ids of new instances of a member account */
export async function launch(at: At, accountId: string, count: number): Promise<string[]> {
  const client = new EC2Client({ ...at, credentials: await enter(at, accountId) })
  const { Instances = [] } = await client.send(
    new RunInstancesCommand({ ImageId: IMAGE, InstanceType: 't3.micro', MinCount: count, MaxCount: count }),
  )
  return Instances.map(({ InstanceId }) => required(InstanceId, 'an instance'))
}
