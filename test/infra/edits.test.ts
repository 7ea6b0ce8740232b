import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectedPermissions } from './permissions.ts'
import { brokenRules } from './rules.ts'
import type { FileEdit } from './synth/bundle-config.ts'
import { type Estate, toEstate } from './synth/estate.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'
import { permissionsOf } from './synth/policy.ts'
import { SECRETS, synthesize } from './synth/synth.ts'

const ENTRY = fileURLToPath(new URL('../../.polo-functions/collect-made-up.ts', import.meta.url))

async function evaluateEdited(edits: readonly FileEdit[]): Promise<Estate> {
  return toEstate(await synthesize({ stage: 'staging', edits }))
}

describe('a collector that a newcomer adds to the registry', () => {
  afterAll(() => rm(ENTRY, { force: true }))

  it('has a function, a schedule and a place in the dispatcher’s permissions, without a change in infra', async () => {
    const madeUp = `{ name: 'made_up', description: '', scope: 'account', permissions: ['ec2:DescribeVpcs'],
      schedule: { weeklyOn: 'monday', at: '03:30' }, resourceTypes: {}, clients: {}, sources: {} }`
    const list = ' COLLECTORS: readonly Collector[] = ['
    const estate = await evaluateEdited([
      { file: 'packages/collectors/src/registry.ts', find: list, replace: `${list}${madeUp}, ` },
    ])
    const name = 'polo-staging-collect-made-up'
    expect(estate.one('Function', name).inputs).toMatchObject({ timeout: 900, runtime: 'nodejs24.x' })
    expect(estate.handlers).toContainEqual(
      expect.objectContaining({
        functionID: 'CollectMadeUp',
        handler: '.polo-functions/collect-made-up.handler',
      }),
    )
    const schedule = estate.one('Schedule', 'polo-staging-schedule-collect-made-up')
    expect(schedule.inputs.scheduleExpression).toBe('cron(30 3 ? * MON *)')
    expect(permissionsOf(estate, 'polo-staging-dispatcher')).toContainEqual(
      expect.stringContaining(`:${name}`),
    )
    expect(brokenRules(estate, Object.values(SECRETS))).toEqual([])
  })
})

interface Fault {
  readonly fault: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What the rules or the list of permissions then say. */
  readonly message: string
}

const FAULTS: readonly Fault[] = [
  {
    fault: 'a queue that has lost its dead letters',
    file: 'queues.ts',
    find: 'redrive: { to: eventsDlq, maxReceiveCount: 50 },',
    replace: '',
    message: 'polo-staging-events has no dead-letter queue',
  },
  {
    fault: 'a message that comes back while it is worked on',
    file: 'queues.ts',
    find: '6 * INGESTER_TIMEOUT_SECONDS',
    replace: '60',
    message: 'polo-staging-events hides messages for 60 s, not for 180 s',
  },
  {
    fault: 'queues in the clear',
    file: 'queues.ts',
    find: 'args.sqsManagedSseEnabled = true',
    replace: '',
    message: 'EventsQueueQueue: is not encrypted',
  },
  {
    fault: 'a queue without a policy',
    file: 'queue-policies.ts',
    find: `queuePolicy('JobsDlq', queues.jobsDlq)`,
    replace: '',
    message: 'JobsDlqQueue: may be reached without TLS',
  },
  {
    fault: 'a link that grants everything',
    file: 'queues.ts',
    find: `actions: ['sqs:SendMessage'], resources: [queue.arn]`,
    replace: `actions: ['sqs:*'], resources: [queue.arn]`,
    message: `LifecycleRole: may sqs:* arn:aws:sqs:${REGION}:${ACCOUNT}:polo-staging-events`,
  },
  {
    fault: 'a permission that is wider than a prefix',
    file: 'state-bucket.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    find: '/${prefix}/*',
    replace: '/*',
    message: 'polo-staging-dispatcher: s3:GetObject arn:aws:s3:::StateBucketBucket/* is not expected',
  },
  {
    fault: 'one more action',
    file: 'read-queue.ts',
    find: `'sqs:DeleteMessage',`,
    replace: `'sqs:DeleteMessage', 'sqs:PurgeQueue',`,
    message: `sqs:PurgeQueue arn:aws:sqs:${REGION}:${ACCOUNT}:polo-staging-lifecycle is not expected`,
  },
  {
    fault: 'mappings that throttle each other',
    file: 'ingester.ts',
    find: 'events + backfill + 1',
    replace: 'events + backfill',
    message: 'IngesterFunction: 11 reserved, its mappings take 11',
  },
  {
    fault: 'a large batch without a window',
    file: 'ingester.ts',
    find: 'BATCH_SIZE = 10',
    replace: 'BATCH_SIZE = 100',
    message: 'a batch of 100 needs a window',
  },
  {
    fault: 'failures that go nowhere',
    file: 'monitor.ts',
    find: 'async: { maxAgeSeconds: 60, retries: 0 },',
    replace: '',
    message: 'MonitorFunction: its failures go nowhere',
  },
  {
    fault: 'a secret in an environment',
    file: 'monitor.ts',
    find: '...schemaEnvironment',
    replace: `...schemaEnvironment, PASSWORD: clickHouseSecrets[2]?.value ?? ''`,
    message: 'MonitorFunction: a secret can be read',
  },
]

describe('of faults in infra', () => {
  let found = ''
  beforeAll(async () => {
    const estate = await evaluateEdited(FAULTS.map((fault) => ({ ...fault, file: `infra/${fault.file}` })))
    const broken = brokenRules(estate, Object.values(SECRETS))
    found = [...broken, ...unexpectedPermissions(estate)].join('\n')
  })

  it.each(FAULTS)('$fault is found', ({ message }) => {
    expect(found).toContain(message)
  })
})

function unexpectedPermissions(estate: Estate): string[] {
  const expected = expectedPermissions({ stage: 'staging', payer: ACCOUNT })
  return estate.all('Role').flatMap(({ inputs }) => {
    const role = String(inputs.name)
    const lines = permissionsOf(estate, role).filter((line) => !expected[role]?.includes(line))
    return lines.map((line) => `${role}: ${line} is not expected`)
  })
}
