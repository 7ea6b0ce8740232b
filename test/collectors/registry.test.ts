import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { COLLECTORS, type Collector, costOfCall, EVENT_COLLECTORS, verifyAccount } from '@polo/collectors'
import { parseConfig, Schedule } from '@polo/core'
import { describe, expect, it } from 'vitest'
import type { ResourceType } from '../../packages/collectors/src/collector.ts'
import { renderResourceDocs } from '../../packages/collectors/src/resource-docs.ts'
import { createEmptyAws } from './empty-aws.ts'
import { ACCOUNT, collect, REGION } from './harness.ts'

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const RESOURCE_TYPE = /^[a-z0-9]+:[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const READ_ONLY_ACTION = /^[a-z][a-z0-9-]*:(Describe|Get|List|Lookup|Search|BatchGet|Query|Select)[A-Z]\w*$/
const SENTENCE_PART = /^\S.*[^\s.]$/

const CPU = { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' }

/** Answers that lead to further calls; every other call is denied, which does not keep it from being counted. */
const ANSWERS: Readonly<Record<string, string>> = {
  DescribeIpams: `<DescribeIpamsResponse><ipamSet><item><ipamId>ipam-1</ipamId>
    <defaultResourceDiscoveryId>ipam-res-disco-1</defaultResourceDiscoveryId>
    <operatingRegionSet><item><regionName>us-east-1</regionName></item></operatingRegionSet>
    </item></ipamSet></DescribeIpamsResponse>`,
  DescribeInstances: `<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
    <instanceId>i-1</instanceId></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
  ListMetrics: JSON.stringify({ Metrics: [{ ...CPU, Dimensions: [{ Name: 'InstanceId', Value: 'i-1' }] }] }),
  DescribeLoadBalancers: `<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>
    <LoadBalancerArn>arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/app/web/50dc</LoadBalancerArn>
    </member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>`,
  DescribeNetworkInterfaces: `<DescribeNetworkInterfacesResponse><networkInterfaceSet>
    ${[
      '<attachment><instanceId>i-1</instanceId></attachment>',
      '<requesterManaged>true</requesterManaged><description>Interface for NAT Gateway nat-1</description>',
      '<requesterManaged>true</requesterManaged><description>ELB app/web/50dc</description>',
    ]
      .map(
        (
          user,
          index,
        ) => `<item><networkInterfaceId>eni-${index}</networkInterfaceId><ownerId>644160558196</ownerId>${user}
      <association><publicIp>192.0.2.${index}</publicIp></association></item>`,
      )
      .join('')}
    </networkInterfaceSet></DescribeNetworkInterfacesResponse>`,
  DescribeTargetGroups: `<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>
    <TargetGroupArn>arn:aws:elasticloadbalancing:us-east-1:644160558196:targetgroup/web/73e2</TargetGroupArn>
    </member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`,
  GetSavingsPlansCoverage: '{"SavingsPlansCoverages":[]}',
  GetSavingsPlansUtilization:
    '{"SavingsPlansUtilizationsByTime":[{"TimePeriod":{"Start":"2025-02-28"},"Utilization":{"TotalCommitment":"1"}}]}',
  ListAccounts: '{"Accounts":[{"Id":"644160558196"}]}',
  ListNotebookInstances: '{"NotebookInstances":[{"NotebookInstanceName":"lab","NotebookInstanceArn":"arn"}]}',
  ListRoots: '{"Roots":[{"Id":"r-ab12"}]}',
}
/** What makes every collector look somewhere. */
const CONFIG = { costExports: [{ name: 'org', bucket: 'billing', region: 'us-east-1' }] }
/** What AWS charges for in a call by what it asks for. */
const ONE_METRIC = { MetricDataQueries: [{}] }
const DENIED = '<Response><Errors><Error><Code>AccessDenied</Code></Error></Errors></Response>'

describe('the registry', () => {
  it('has every collector under a name of its own', () => {
    const names = [...COLLECTORS, ...EVENT_COLLECTORS].map((collector) => collector.name)

    expect(names).toEqual([...new Set(names)])
  })

  it('has every collector that a file defines, in a file and an export of its name', async () => {
    const files = globSync('packages/collectors/src/*/*.ts').sort()
    const defined = await Promise.all(files.map(collectorsIn))

    expect(defined.flat().map(({ collector }) => collector.name)).toEqual(
      expect.arrayContaining(COLLECTORS.map((collector) => collector.name)),
    )
    for (const { file, exportName, collector } of defined.flat()) {
      expect(COLLECTORS).toContain(collector)
      expect(basename(file, '.ts')).toBe(collector.name.replaceAll('_', '-'))
      expect(exportName).toBe(camelCase(collector.name))
    }
  })

  it('shares out no more than the budget of paid calls', () => {
    const shares = COLLECTORS.map(({ budgetShare = 0 }) => budgetShare)

    expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1)
  })

  it('is what docs/resource-types.md says; -u brings it up to date', async () => {
    await expect(renderResourceDocs(COLLECTORS, EVENT_COLLECTORS)).toMatchFileSnapshot(
      '../../docs/resource-types.md',
    )
  })
})

describe.each(COLLECTORS.map((collector) => [collector.name, collector] as const))('%s', (_, collector) => {
  it('is named in snake case', () => {
    expect(collector.name).toMatch(SNAKE_CASE)
  })

  it('has a valid schedule', () => {
    expect(Schedule.safeParse(collector.schedule).success).toBe(true)
  })

  it('describes itself and its resource types in words, without a full stop', () => {
    for (const { description } of [collector, ...typesOf(collector)]) {
      expect(description).toMatch(SENTENCE_PART)
    }
  })

  it('documents resource types, and every property of theirs', () => {
    expect([...typesOf(collector), ...(collector.tables ?? [])]).not.toEqual([])
    for (const type of Object.keys(collector.resourceTypes)) expect(type).toMatch(RESOURCE_TYPE)
    for (const { properties } of typesOf(collector)) {
      for (const [name, meaning] of Object.entries(properties)) {
        expect(name).toMatch(SNAKE_CASE)
        expect(meaning).toMatch(SENTENCE_PART)
      }
    }
  })

  it('asks for permissions that only read, each once', () => {
    for (const permission of collector.permissions) expect(permission).toMatch(READ_ONLY_ACTION)
    expect(collector.permissions).toEqual([...new Set(collector.permissions)])
  })

  it('calls exactly what its permissions allow', async () => {
    const { run } = await collect(collector, { config: CONFIG, requestHandler: { handle: answer } })

    expect(Object.keys(run.api_calls).sort()).toEqual([...collector.permissions].sort())
  })

  it('has a probe for each call that an account without resources does not lead to', async () => {
    const { aws, asked } = createEmptyAws({ id: ACCOUNT, region: REGION })
    const signal = new AbortController().signal

    const checks = await verifyAccount({
      aws,
      collectors: [collector],
      config: parseConfig(CONFIG),
      account: { id: ACCOUNT },
      region: REGION,
      signal,
    })

    expect(checks.filter(({ status }) => status !== 'allowed')).toEqual([])
    expect([...asked].sort()).toEqual([...collector.permissions].sort())
  })

  it('has a part of the budget exactly if AWS charges for what it calls', () => {
    const costs = collector.permissions.map((permission) => costOfCall(permission, ONE_METRIC))
    expect((collector.budgetShare ?? 0) > 0).toBe(costs.some((usd) => usd > 0))
  })

  it('has a source for something', () => {
    expect(Object.keys(collector.sources)).not.toEqual([])
    for (const name of Object.keys(collector.sources)) expect(name).toMatch(SNAKE_CASE)
  })
})

function typesOf({ resourceTypes, loadedTypes = {}, otherTypes }: Collector): ResourceType[] {
  const named = Object.values({ ...resourceTypes, ...loadedTypes })
  return [...named, ...(otherTypes ? [otherTypes] : [])]
}

interface Definition {
  readonly file: string
  readonly exportName: string
  readonly collector: Collector
}

async function collectorsIn(file: string): Promise<Definition[]> {
  const url = pathToFileURL(file).href
  const module: Record<string, unknown> = await import(url)
  return Object.entries(module).flatMap(([exportName, value]) =>
    isCollector(value) ? [{ file, exportName, collector: value }] : [],
  )
}

function isCollector(value: unknown): value is Collector {
  return typeof value === 'object' && value !== null && 'sources' in value && 'permissions' in value
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())
}

/** The Query protocol names the operation in the body, JSON in a header. */
async function answer({ headers, body }: { headers: Readonly<Record<string, string>>; body?: unknown }) {
  const action = headers['x-amz-target']?.split('.')[1] ?? new URLSearchParams(textOf(body)).get('Action')
  const known = ANSWERS[action ?? '']
  return {
    response: {
      statusCode: known === undefined ? 403 : 200,
      headers: { 'content-type': 'text/xml' },
      body: Readable.from([Buffer.from(known ?? DENIED)]),
    },
  }
}

/** The SDK warns of a body of bytes that is taken for text. */
function textOf(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body)
}
