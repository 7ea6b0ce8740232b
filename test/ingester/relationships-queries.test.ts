import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, type Row } from './factories.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { ingest, seenAt } from './relationship-looks.ts'

const PAGE = readFileSync(new URL('../../docs/relationships.md', import.meta.url), 'utf8')

/** The estate that the questions of the page are about; what begins with 'other' is not in an answer. */
const EDGES = [
  'elbv2:load_balancer app/web/50dc6c495c0c9188 forwards_to elbv2:target_group web/1',
  'elbv2:load_balancer app/web/50dc6c495c0c9188 forwards_to elbv2:target_group pods/2',
  'elbv2:load_balancer app/other/1 forwards_to elbv2:target_group other/3',
  'elbv2:target_group web/1 targets ec2:instance i-1',
  'elbv2:target_group web/1 targets lambda:function greet',
  'elbv2:target_group pods/2 targets ec2:eni eni-2',
  'elbv2:target_group other/3 targets ec2:instance i-other',
  'ec2:instance i-1 attaches ec2:eni eni-1',
  'ec2:instance i-2 attaches ec2:eni eni-2',
  'ec2:instance i-1 attaches ebs:volume vol-1',
  'ec2:instance i-other attaches ebs:volume vol-other',
  'ebs:snapshot snap-1 was_taken_of ebs:volume vol-1',
  'ec2:instance i-1 is_in vpc:subnet subnet-1',
  'ec2:eni eni-1 is_in vpc:subnet subnet-1',
  'ec2:eni eni-2 is_in vpc:subnet subnet-other',
  'ec2:instance i-other is_in vpc:subnet subnet-other',
  'vpc:subnet subnet-1 is_in vpc:vpc vpc-1',
  'vpc:subnet subnet-other is_in vpc:vpc vpc-1',
  'elbv2:load_balancer app/web/50dc6c495c0c9188 is_in vpc:subnet subnet-1',
  'elbv2:load_balancer app/web/50dc6c495c0c9188 uses ec2:eni eni-3',
  'ec2:eip eipalloc-1 is_associated_with ec2:eni eni-3',
  'ec2:eip eipalloc-2 is_associated_with ec2:eni eni-1',
  'ec2:instance i-1 is_secured_by ec2:security_group sg-1',
  'ec2:instance i-other is_secured_by ec2:security_group sg-other',
  'ec2:security_group sg-2 references ec2:security_group sg-1',
]

const ANSWERS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  'behind a load balancer': [
    ['i-1', '80', 'healthy'],
    ['i-2', '80', 'healthy'],
  ],
  'on a subnet': [
    ['ec2:eni', 'eni-1', 1],
    ['ec2:instance', 'i-1', 1],
    ['elbv2:load_balancer', 'app/web/50dc6c495c0c9188', 1],
    ['ebs:volume', 'vol-1', 2],
    ['ec2:eip', 'eipalloc-2', 2],
    ['ec2:eni', 'eni-3', 2],
    ['ebs:snapshot', 'snap-1', 3],
    ['ec2:eip', 'eipalloc-1', 3],
  ],
  'served by an address': [['eni-3', 'elbv2:load_balancer', 'app/web/50dc6c495c0c9188']],
  'volumes of an instance': [['vol-1', '/dev/xvda', '2026-03-01 10:00:00.000', '2026-03-01 10:00:00.000', 1]],
  'of a security group': [
    ['is_secured_by', 'ec2:instance', 'i-1', ''],
    ['references', 'ec2:security_group', 'sg-2', 'ingress'],
  ],
}

const PROPERTIES: Readonly<Record<string, Row>> = {
  targets: { ports: '80', health_states: 'healthy' },
  attaches: { device_name: '/dev/xvda' },
  references: { directions: 'ingress' },
}

let polo: Pipeline
beforeAll(async () => {
  polo = await startPipeline()
  const rows = EDGES.map((edge) => {
    const [from_type = '', from_id = '', relation = '', to_type = '', to_id = ''] = edge.split(' ')
    return seenAt(0, 'x', {
      from_type,
      from_id,
      relation,
      to_type,
      to_id,
      properties: PROPERTIES[relation] ?? {},
    })
  })
  await ingest(polo, await bodyOf(rows, { schema: 'resource_relationship/1' }))
})
afterAll(async () => {
  await polo?.stop()
})

const QUERIES = [...PAGE.matchAll(/<!-- query: (.+) -->\n```sql\n([^`]+)```/g)].map(
  ([, name = '', sql = '']): [string, string] => [name, sql],
)

describe('the questions of docs/relationships.md', () => {
  it.each(QUERIES)('%s: is answered', async (name, sql) => {
    const rows = await polo.select(sql)

    expect(rows.map((row) => Object.values(row))).toEqual(ANSWERS[name])
  })

  it('all have an answer here', () => {
    expect(QUERIES.map(([name]) => name).sort()).toEqual(Object.keys(ANSWERS).sort())
  })
})
