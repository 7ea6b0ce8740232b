import { describe, expect, it } from 'vitest'
import { BILLING_BUCKET, BILLING_KEY, CLICKHOUSE, ORGANIZATION, PAYER } from './evaluate-stages.ts'
import { expectedPermissions } from './permissions.ts'
import { stageOf } from './stages.ts'
import type { Estate } from './synth/estate.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'
import { permissionsOf, readPolicy, trustOf } from './synth/policy.ts'

function permissionsIn(estate: Estate) {
  const roles = estate.all('Role').map(({ inputs }) => String(inputs.name))
  return Object.fromEntries(roles.map((role) => [role, permissionsOf(estate, role)]))
}

function holdersOf(estate: Estate, link: string): string[] {
  return estate.handlers.flatMap(({ functionID, links }) => (link in links ? functionID : [])).sort()
}

const production = stageOf('production')

describe('roles', () => {
  it('may do exactly what their functions and schedules need', () => {
    expect(permissionsIn(production)).toEqual({
      ...expectedPermissions({ stage: 'production', payer: PAYER }),
      'polo-production-clickhouse': [
        `kms:Decrypt ${BILLING_KEY}`,
        `s3:GetObject arn:aws:s3:::${BILLING_BUCKET}/exports/org/*`,
        `s3:ListBucket arn:aws:s3:::${BILLING_BUCKET} if ${JSON.stringify({ StringLike: { 's3:prefix': ['exports/org/*'] } })}`,
      ],
    })
  })

  it('read the organization from the hub where no payer is named', () => {
    expect(permissionsIn(stageOf('staging'))).toEqual(
      expectedPermissions({ stage: 'staging', payer: ACCOUNT }),
    )
  })

  it('may do no more in dev than reach the developer’s machine', () => {
    const expected = expectedPermissions({ stage: 'ana', payer: ACCOUNT, dev: true })
    expect(permissionsIn(stageOf('dev'))).toEqual(expected)
  })

  it('are assumed by Lambda, by the scheduler for this account, by whom this account lets operate, or by ClickHouse', () => {
    const lambda = { Service: ['lambda.amazonaws.com'] }
    const people = { AWS: [`arn:aws:iam::${ACCOUNT}:root`] }
    const scheduler = { Service: ['scheduler.amazonaws.com'] }
    for (const { inputs } of production.all('Role')) {
      const role = String(inputs.name)
      const isSchedule = role.includes('-schedule-')
      const service = isSchedule ? scheduler : lambda
      const others: Record<string, object> = {
        'polo-production-operator': people,
        'polo-production-clickhouse': { AWS: [CLICKHOUSE] },
      }
      expect(trustOf(production, role)).toEqual([
        {
          Effect: 'Allow',
          Principal: others[role] ?? service,
          Action: ['sts:AssumeRole'],
          ...(isSchedule && { Condition: { StringEquals: { 'aws:SourceAccount': [ACCOUNT] } } }),
        },
      ])
    }
  })

  it('have names that read roles trust', () => {
    for (const { inputs } of production.all('Role')) expect(inputs.name).toMatch(/^polo-production-/)
  })
})

describe('secrets', () => {
  it('reach only the functions that talk to ClickHouse', () => {
    const holders = ['Dispatcher', 'Ingester', 'Loader', 'Migrate', 'Monitor', 'Probe']
    for (const secret of ['ClickHouseUrl', 'ClickHouseUser', 'ClickHousePassword']) {
      expect(holdersOf(production, secret)).toEqual(holders)
    }
  })
})

describe('the hub’s event bus', () => {
  it('takes events of the organization alone', () => {
    const { inputs } = production.one('EventBusPolicy', 'HubBusPolicy')
    expect(readPolicy(inputs.policy)).toEqual([
      {
        Sid: 'FromTheOrganization',
        Effect: 'Allow',
        Principal: { '*': ['*'] },
        Action: ['events:PutEvents'],
        Resource: [`arn:aws:events:${REGION}:${ACCOUNT}:event-bus/polo-production-hub`],
        Condition: { StringEquals: { 'aws:PrincipalOrgID': [ORGANIZATION] } },
      },
    ])
  })

  it('takes nobody’s before the organization is known', () => {
    expect(stageOf('staging').all('EventBusPolicy')).toEqual([])
  })
})
