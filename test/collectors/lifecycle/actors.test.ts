import { expect, it } from 'vitest'
import { call, eventsOf, fixture, fixtureRecords, type Json } from './lifecycle-events.ts'

const ACCOUNT = '123837392027'

async function actorOf(userIdentity: unknown) {
  const [event] = await eventsOf({ ...call('DeleteVolume', { volumeId: 'vol-01' }), userIdentity })
  if (!event) throw new Error('there is no event')
  return event
}

it.each([
  [
    'an IAM user',
    fixture('cloudtrail-invictus/CreateVolume.json'),
    `arn:aws:iam::${ACCOUNT}:user/bert-jan`,
    'bert-jan',
    { actor_type: 'IAMUser', actor_account_id: ACCOUNT },
  ],
  [
    "an assumed role's session",
    fixture('cloudtrail-invictus/RunInstances.json'),
    expect.stringContaining(':assumed-role/stratus-red-team-ec2lui-role'),
    'stratus-red-team-ec2lui-role-wuzemnoeqa/aws-go-sdk-1688990966084647983',
    {
      actor_type: 'AssumedRole',
      actor_role_arn: `arn:aws:iam::${ACCOUNT}:role/stratus-red-team-ec2lui-role-wuzemnoeqa`,
    },
  ],
  [
    'a role of AWS itself',
    asRole('aws_ec2_launch_unusual_ec2_instances'),
    'arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling',
    'AWSServiceRoleForAutoScaling/AutoScaling',
    { invoked_by: 'autoscaling.amazonaws.com' },
  ],
  [
    'root',
    fixture('eventbridge-cloud-custodian/event-cloud-trail-run-instances.json'),
    'arn:aws:iam::619193117841:root',
    'root',
    { actor_type: 'Root' },
  ],
  [
    'a federated user',
    fixture('cloudtrail-stratus/GetCallerIdentity.json'),
    'arn:aws:sts::742491224508:federated-user/stratus_red_team',
    'stratus_red_team',
    { actor_role_arn: 'arn:aws:iam::742491224508:user/stratus-red-team-user-federation-user' },
  ],
  [
    'another account',
    asAccount('aws_vpce_external_principal'),
    '',
    '111111111111',
    { actor_type: 'AWSAccount', actor_principal_id: 'AROAEXAMPLE:session-name' },
  ],
  [
    'a service',
    fixture('cloudtrail-invictus/SharedSnapshotVolumeCreated.json'),
    '',
    'ec2.amazonaws.com',
    { invoked_by: 'ec2.amazonaws.com' },
  ],
])('names %s as it was recorded', async (_, { userIdentity }, arn, name, properties) => {
  expect(await actorOf(userIdentity)).toMatchObject({ actor_arn: arn, actor_name: name, properties })
})

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
it.each([
  [{ type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' }, '', 'autoscaling.amazonaws.com', {}],
  [{ accountId: ACCOUNT, invokedBy: 'ec2.amazonaws.com' }, '', 'ec2.amazonaws.com', {}],
  [{ type: 'AWSAccount', principalId: 'AIDAX', accountId: '444455556666' }, '', '444455556666', {}],
  [
    {
      type: 'SAMLUser',
      principalId: 'SampleUkh1i4:alice',
      userName: 'alice',
      identityProvider: 'SampleUkh1i4',
    },
    '',
    'alice',
    { identity_provider: 'SampleUkh1i4' },
  ],
  [
    {
      type: 'WebIdentityUser',
      principalId: 'accounts.google.com:app.apps.googleusercontent.com:01234',
      userName: '01234',
      identityProvider: 'accounts.google.com',
    },
    '',
    '01234',
    { identity_provider: 'accounts.google.com' },
  ],
  [
    {
      type: 'AssumedRole',
      arn: 'arn:aws:sts::111122223333:assumed-role/deploy/run-7',
      sessionContext: {
        sourceIdentity: 'alice',
        webIdFederationData: {
          federatedProvider: 'arn:aws:iam::111122223333:oidc-provider/token.actions.example',
        },
      },
    },
    'arn:aws:sts::111122223333:assumed-role/deploy/run-7',
    'deploy/run-7',
    {
      source_identity: 'alice',
      identity_provider: 'arn:aws:iam::111122223333:oidc-provider/token.actions.example',
    },
  ],
  [
    {
      type: 'AssumedRole',
      principalId: 'AROAX:run-7',
      sessionContext: { sessionIssuer: { userName: 'deploy' } },
    },
    '',
    'deploy/run-7',
    {},
  ],
  [{ type: 'IdentityCenterUser', onBehalfOf: { userId: '94d8' } }, '', '94d8', {}],
  [{ type: 'IAMUser', principalId: 'AIDAEXAMPLE', accountId: ACCOUNT }, '', 'AIDAEXAMPLE', {}],
  [
    { type: 'Unknown', arn: 'arn:aws:sts::111111111111:assumed-role/a/b' },
    'arn:aws:sts::111111111111:assumed-role/a/b',
    'a/b',
    {},
  ],
  [{}, '', '', {}],
  [{ type: 'IAMUser', userName: 'alice', invokedBy: null, arn: 7, sessionContext: 'none' }, '', 'alice', {}],
  [undefined, '', '', {}],
  ['HIDDEN_DUE_TO_SECURITY_REASONS', '', '', {}],
])('names the actor of %j', async (userIdentity, actor_arn, actor_name, properties) => {
  expect(await actorOf(userIdentity)).toMatchObject({ actor_arn, actor_name, properties })
})

it('keeps no key of an actor', async () => {
  const event = await actorOf(fixture('cloudtrail-invictus/CreateVolume.json').userIdentity)
  expect(JSON.stringify(event)).not.toMatch(/AKIA|ASIA/)
})

function asRole(file: string): Json {
  return fixtureRecords(`cloudtrail-panther/${file}.jsonl`)[0] ?? {}
}

function asAccount(file: string): Json {
  const records = fixtureRecords(`cloudtrail-panther/${file}.jsonl`)
  return records.find(({ userIdentity }) => JSON.stringify(userIdentity).includes('AWSAccount')) ?? {}
}
