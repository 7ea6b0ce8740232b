import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { COLLECTORS, type Collector, verifyAccount } from '@polo/collectors'
import { Schedule } from '@polo/core'
import { describe, expect, it } from 'vitest'
import { renderResourceDocs } from '../../packages/collectors/src/resource-docs.ts'
import { createEmptyAws } from './empty-aws.ts'
import { ACCOUNT, collect, REGION } from './harness.ts'

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const RESOURCE_TYPE = /^[a-z0-9]+:[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const READ_ONLY_ACTION = /^[a-z][a-z0-9-]*:(Describe|Get|List|Lookup|Search|BatchGet|Query|Select)[A-Z]\w*$/
const SENTENCE_PART = /^\S.*[^\s.]$/

/** Answers that lead to further calls; every other call is denied, which does not keep it from being counted. */
const ANSWERS: Readonly<Record<string, string>> = {
  DescribeLoadBalancers: `<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>
    <LoadBalancerArn>arn:aws:elasticloadbalancing:us-east-1:644160558196:loadbalancer/app/web/50dc</LoadBalancerArn>
    </member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>`,
  ListAccounts: '{"Accounts":[{"Id":"644160558196"}]}',
  ListRoots: '{"Roots":[{"Id":"r-ab12"}]}',
}
const DENIED = '<Response><Errors><Error><Code>AccessDenied</Code></Error></Errors></Response>'

describe('the registry', () => {
  it('has every collector under a name of its own', () => {
    const names = COLLECTORS.map((collector) => collector.name)

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

  it('is what docs/resource-types.md says; -u brings it up to date', async () => {
    await expect(renderResourceDocs(COLLECTORS)).toMatchFileSnapshot('../../docs/resource-types.md')
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
    for (const { description } of [collector, ...Object.values(collector.resourceTypes)]) {
      expect(description).toMatch(SENTENCE_PART)
    }
  })

  it('documents resource types, and every property of theirs', () => {
    expect(Object.keys(collector.resourceTypes)).not.toEqual([])
    for (const [type, { properties }] of Object.entries(collector.resourceTypes)) {
      expect(type).toMatch(RESOURCE_TYPE)
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
    const { run } = await collect(collector, { requestHandler: { handle: answer } })

    expect(Object.keys(run.api_calls).sort()).toEqual([...collector.permissions].sort())
  })

  it('has a probe for each call that an account without resources does not lead to', async () => {
    const { aws, asked } = createEmptyAws({ id: ACCOUNT, region: REGION })
    const signal = new AbortController().signal

    const checks = await verifyAccount({
      aws,
      collectors: [collector],
      account: { id: ACCOUNT },
      region: REGION,
      signal,
    })

    expect(checks.filter(({ status }) => status !== 'allowed')).toEqual([])
    expect([...asked].sort()).toEqual([...collector.permissions].sort())
  })

  it('has a source for something', () => {
    expect(Object.keys(collector.sources)).not.toEqual([])
    for (const name of Object.keys(collector.sources)) expect(name).toMatch(SNAKE_CASE)
  })
})

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
  const action = headers['x-amz-target']?.split('.')[1] ?? new URLSearchParams(String(body)).get('Action')
  const known = ANSWERS[action ?? '']
  return {
    response: {
      statusCode: known === undefined ? 403 : 200,
      headers: { 'content-type': 'text/xml' },
      body: Readable.from([Buffer.from(known ?? DENIED)]),
    },
  }
}
