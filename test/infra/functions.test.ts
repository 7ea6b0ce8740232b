import { COLLECTORS } from '@polo/collectors'
import { jobTimeoutMs, maxEventAgeSeconds, QUEUED_SCHEMAS } from '@polo/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { stageOf } from './stages.ts'
import type { Estate } from './synth/estate.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'

const production = stageOf('production')
const kebab = (name: string) => name.replaceAll('_', '-')
const Variables = z.record(z.string(), z.string())
const COMMON = [
  'POLO_STAGE',
  'POWERTOOLS_METRICS_NAMESPACE',
  'POWERTOOLS_SERVICE_NAME',
  // SST's own; the key opens the links that it keeps encrypted in the bundle.
  'SST_KEY',
  'SST_KEY_FILE',
  'SST_RESOURCE_App',
]
const SQL = ['CLICKHOUSE_DATABASE', 'SCHEMA_VERSION']

function functionOf(estate: Estate, name: string, stage = 'production') {
  return estate.one('Function', `polo-${stage}-${name}`).inputs
}

function variablesOf(name: string, estate = production, stage = 'production') {
  return Variables.parse(
    z.object({ variables: z.unknown() }).parse(functionOf(estate, name, stage).environment).variables,
  )
}

interface Limits {
  readonly timeout: number
  readonly memoryMb?: number
  readonly reserved?: number
  readonly environment: readonly string[]
}

/** Seconds of timeout, and reserved concurrency where there is one. */
const FUNCTIONS: Readonly<Record<string, Limits>> = {
  ...Object.fromEntries(
    COLLECTORS.map(({ name, schedule, memoryMb }) => [
      `collect-${kebab(name)}`,
      {
        timeout: jobTimeoutMs(schedule) / 1_000,
        ...(memoryMb && { memoryMb }),
        environment: ['SCHEMA_VERSION'],
      },
    ]),
  ),
  ingester: { timeout: 30, reserved: 12, environment: [...SQL, 'CONTROL_SENDERS'] },
  probe: { timeout: 50, environment: [...SQL, 'INGESTER_FUNCTION_NAME'] },
  dispatcher: { timeout: 120, environment: [...SQL, 'FUNCTION_PREFIX', 'HUB_ACCOUNT_ID'] },
  monitor: { timeout: 120, environment: SQL },
  lifecycle: { timeout: 30, memoryMb: 1_024, environment: ['SCHEMA_VERSION'] },
  loader: { timeout: 900, environment: [...SQL, 'CLICKHOUSE_CLUSTER', 'CLICKHOUSE_TARGET'] },
  objects: { timeout: 30, environment: ['SCHEMA_VERSION'] },
  migrate: { timeout: 600, environment: ['CLICKHOUSE_CLUSTER', 'CLICKHOUSE_DATABASE', 'CLICKHOUSE_TARGET'] },
}

describe('functions', () => {
  it('are these, one for every collector', () => {
    const names = production.all('Function').map(({ inputs }) => inputs.name)
    expect(names.sort()).toEqual(
      Object.keys(FUNCTIONS)
        .map((name) => `polo-production-${name}`)
        .sort(),
    )
  })

  it.each(Object.entries(FUNCTIONS))(
    '%s has its limits, its log and its environment',
    (name, { timeout, memoryMb = 512, reserved, environment }) => {
      const made = functionOf(production, name)
      expect(made).toMatchObject({
        timeout,
        memorySize: memoryMb,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        loggingConfig: { logFormat: 'JSON', logGroup: `/aws/lambda/polo-production-${name}` },
        role: `arn:aws:iam::${ACCOUNT}:role/polo-production-${name}`,
      })
      expect(made.reservedConcurrentExecutions).toBe(reserved)
      expect(Object.keys(variablesOf(name)).sort()).toEqual([...COMMON, ...environment].sort())
    },
  )

  it('know each other by name', () => {
    expect(variablesOf('probe').INGESTER_FUNCTION_NAME).toBe('polo-production-ingester')
    expect(variablesOf('dispatcher')).toMatchObject({
      FUNCTION_PREFIX: 'polo-production-collect-',
      HUB_ACCOUNT_ID: ACCOUNT,
    })
  })
})

describe('failures of asynchronous invocations', () => {
  const age = ({ schedule }: (typeof COLLECTORS)[number]) => maxEventAgeSeconds(schedule)
  it.each([
    ...COLLECTORS.map((collector) => [`collect-${kebab(collector.name)}`, age(collector), 1] as const),
    ['dispatcher', 300, 1] as const,
    ['probe', 60, 0] as const,
    ['monitor', 60, 0] as const,
    ['loader', 60, 0] as const,
  ])('of %s go to the dead-letter queue of jobs', (name, maximumEventAgeInSeconds, maximumRetryAttempts) => {
    const configs = production
      .all('FunctionEventInvokeConfig')
      .filter(({ inputs }) => inputs.functionName === `polo-production-${name}`)
    expect(configs.map(({ inputs }) => inputs)).toEqual([
      {
        functionName: `polo-production-${name}`,
        maximumEventAgeInSeconds,
        maximumRetryAttempts,
        destinationConfig: {
          onFailure: { destination: `arn:aws:sqs:${REGION}:${ACCOUNT}:polo-production-jobs-dlq` },
        },
      },
    ])
  })
})

describe('control schemas', () => {
  it('are taken from the roles of those that send them', () => {
    const senders: unknown = JSON.parse(variablesOf('ingester').CONTROL_SENDERS ?? '')
    const role = (name: string) => `AROA-polo-production-${name}`
    expect(senders).toEqual({
      'collector_run/1': [
        ...COLLECTORS.map(({ name }) => role(`collect-${kebab(name)}`)),
        role('dispatcher'),
        role('operator'),
      ],
      'aws_account/1': [role('collect-account-discovery'), role('operator')],
      'cost_coverage/1': [role('collect-cost-explorer'), role('operator')],
      'bulk_load/1': [role('collect-cost-cur'), role('objects'), role('operator')],
    })
    const control = Object.values(QUEUED_SCHEMAS).filter((schema) => schema.control)
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(senders)).sort()).toEqual(
      control.map(({ name }) => name).sort(),
    )
  })
})

describe('migrations', () => {
  it('run before whatever talks to ClickHouse or publishes is changed', () => {
    const order = production.resources.filter(({ custom }) => custom).map(({ name }) => name)
    const migrated = order.indexOf('MigrateInvocation')
    for (const name of Object.keys(FUNCTIONS).filter((other) => other !== 'migrate')) {
      // The version comes from the invocation's answer alone.
      expect(variablesOf(name).SCHEMA_VERSION, name).toBe('9999')
      const made = production.one('Function', `polo-production-${name}`)
      expect(order.indexOf(made.name), name).toBeGreaterThan(migrated)
    }
    expect(order.indexOf('MigrateFunction')).toBeLessThan(migrated)
  })

  it('run again when the schema, the configuration or the database is another', () => {
    const triggers = (estate: Estate) => estate.one('Invocation', 'MigrateInvocation').inputs.triggers
    const [configured, plain] = [triggers(production), triggers(stageOf('staging'))]
    expect(configured).toEqual({ files: expect.any(String), database: expect.any(String) })
    expect(plain).not.toEqual(configured)
  })

  it('are made for ClickHouse Cloud, or for the cluster that is named', () => {
    expect(variablesOf('migrate')).toMatchObject({ CLICKHOUSE_TARGET: 'cluster', CLICKHOUSE_CLUSTER: 'main' })
    expect(variablesOf('migrate', stageOf('personal'), 'ana')).toMatchObject({
      CLICKHOUSE_TARGET: 'cloud',
      CLICKHOUSE_DATABASE: 'polo_ana',
    })
  })
})
