import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AwsSource, COLLECTORS, createAwsClient } from '@polo/collectors'

/** An organisation that exists only here, and how its AWS behaves. */
export interface Simulation {
  readonly accounts: number
  readonly regions: number
  /** Of all accounts and regions together. */
  readonly resources: number
  readonly latencyMs: readonly [least: number, most: number]
  /** Of the calls, beside those that the token buckets refuse. */
  readonly throttledShare: number
  /** Accounts, by place, that deny everything. */
  readonly denied: readonly number[]
  /** The account, by place, whose second region never answers. */
  readonly hanging?: number
}

export interface SimulatedAws {
  readonly accountIds: readonly string[]
  readonly source: AwsSource
  /** Requests that were sent, those that were throttled among them. */
  readonly calls: () => number
  readonly throttled: () => number
  /** What every account needs at least: its pages, one list of regions and one AssumeRole per collector. */
  readonly leastCalls: (accountId: string) => number
}

/** EC2's limits of requests, per account, region and action. */
const BUCKET = { burst: 100, refillPerSecond: 20 }
const PAGE = 1000
const KINDS = {
  DescribeInstances: 0.3,
  DescribeVolumes: 0.4,
  DescribeNetworkInterfaces: 0.25,
  DescribeAddresses: 0.05,
} as const
const LEAST_CALLS_OF_EMPTY_REGION = { DescribeNatGateways: 1, DescribeLoadBalancers: 1 }
/** Those whose calls it answers. */
const ANSWERED = ['config_ebs', 'config_ec2', 'config_network']
export const SIMULATED_COLLECTORS = COLLECTORS.filter(({ name }) => ANSWERED.includes(name))

/** AWS's wire protocol below the real SDK clients: latency, pages, token buckets, denials, and one region that hangs. */
export function simulateAws(simulation: Simulation): SimulatedAws {
  const accountIds = Array.from({ length: simulation.accounts }, (_, place) =>
    String(100_000_000_000 + place),
  )
  const regions = Array.from({ length: simulation.regions }, (_, place) => `xx-sim-${place + 1}`)
  const random = createRandom(simulation.accounts)
  const buckets = new Map<string, { tokens: number; at: number }>()
  const counts = { calls: 0, throttled: 0 }

  const answer = async (accountId: string, region: string, request: SimulatedRequest) => {
    const parameters = new URLSearchParams(String(request.body))
    const action = parameters.get('Action') ?? ''
    counts.calls++
    const place = accountIds.indexOf(accountId)
    if (place === simulation.hanging && region === regions[1]) return new Promise<never>(() => {})
    const [least, most] = simulation.latencyMs
    await sleep(least + random() * (most - least))
    if (simulation.denied.includes(place)) return respond(403, error('UnauthorizedOperation'))
    if (random() < simulation.throttledShare || !takeToken(buckets, `${accountId} ${region} ${action}`)) {
      counts.throttled++
      return respond(503, error('RequestLimitExceeded'))
    }
    const count = resourcesOf(simulation, { place, region: regions.indexOf(region), action })
    const first = Number(parameters.get('NextToken') ?? 0)
    const last = Math.min(count, first + PAGE)
    return respond(200, page(action, { region, place, first, last, more: last < count }))
  }
  const call = async (accountId: string, region: string, body: string) => {
    let { response } = await answer(accountId, region, { body })
    // What the SDK does before a client's caller hears of it.
    while (response.statusCode === 503) ({ response } = await answer(accountId, region, { body }))
    if (response.statusCode !== 200) throw Object.assign(new Error('denied'), { name: 'AccessDenied' })
  }
  const source: AwsSource = {
    description: 'a simulation',
    accounts: async () => accountIds.map((id) => ({ id, source: 'organization' })),
    async regions(accountId) {
      await call(accountId, regions[0] ?? '', 'Action=AssumeRole')
      await call(accountId, regions[0] ?? '', 'Action=DescribeRegions')
      return regions
    },
    client: (clientClass, { accountId, region, countCall }) =>
      createAwsClient(
        clientClass,
        {
          region,
          credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
          maxAttempts: 8,
          retryMode: 'standard',
          requestHandler: { handle: (request: SimulatedRequest) => answer(accountId, region, request) },
        },
        { countCall, use: () => {} },
      ),
  }
  return {
    accountIds,
    source,
    calls: () => counts.calls,
    throttled: () => counts.throttled,
    leastCalls(accountId) {
      const place = accountIds.indexOf(accountId)
      const ofRegions = regions.map((_, region) => leastOfRegion(simulation, { place, region }))
      return 2 * SIMULATED_COLLECTORS.length + ofRegions.reduce((sum, calls) => sum + calls, 0)
    },
  }
}

interface SimulatedRequest {
  readonly body?: unknown
}

interface Place {
  readonly place: number
  readonly region: number
}

function leastOfRegion(simulation: Simulation, place: Place): number {
  const pages = Object.keys(KINDS).map((action) =>
    // One answer to DescribeAddresses holds all: the API has no pages.
    action === 'DescribeAddresses'
      ? 1
      : Math.max(1, Math.ceil(resourcesOf(simulation, { ...place, action }) / PAGE)),
  )
  const others = Object.values(LEAST_CALLS_OF_EMPTY_REGION)
  return [...pages, ...others].reduce((sum, calls) => sum + calls, 0)
}

/** Half of an account is in its first region, a fifth in the second, the rest spread over the others; accounts differ by a factor of three. */
function resourcesOf(simulation: Simulation, { place, region, action }: Place & { action: string }): number {
  const share = Object.entries(KINDS).find(([kind]) => kind === action)?.[1]
  if (share === undefined) return 0
  const size = 0.5 + (place % 11) / 10
  const rest = Math.max(1, simulation.regions - 2)
  const ofRegion = region === 0 ? 0.5 : region === 1 ? 0.2 : 0.3 / rest
  return Math.round((simulation.resources / simulation.accounts) * size * ofRegion * share)
}

function takeToken(buckets: Map<string, { tokens: number; at: number }>, key: string): boolean {
  const now = Date.now()
  const bucket = buckets.get(key) ?? { tokens: BUCKET.burst, at: now }
  const refilled = bucket.tokens + ((now - bucket.at) / 1000) * BUCKET.refillPerSecond
  bucket.tokens = Math.min(BUCKET.burst, refilled)
  bucket.at = now
  buckets.set(key, bucket)
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
}

interface Page {
  readonly region: string
  readonly place: number
  readonly first: number
  readonly last: number
  readonly more: boolean
}

const TAGS =
  '<tagSet><item><key>team</key><value>search</value></item><item><key>env</key><value>prod</value></item></tagSet>'

const ITEMS: Readonly<Record<string, { set: string; item: (id: string, region: string) => string }>> = {
  DescribeInstances: {
    set: 'reservationSet',
    item: (id, region) =>
      `<item><reservationId>r-${id}</reservationId><ownerId>1</ownerId><instancesSet><item><instanceId>i-${id}</instanceId>
      <imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>
      <instanceType>m7g.large</instanceType><launchTime>2026-01-01T00:00:00.000Z</launchTime>
      <placement><availabilityZone>${region}a</availabilityZone></placement><privateIpAddress>10.0.0.1</privateIpAddress>
      <vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>${TAGS}</item></instancesSet></item>`,
  },
  DescribeVolumes: {
    set: 'volumeSet',
    item: (id, region) =>
      `<item><volumeId>vol-${id}</volumeId><size>100</size><availabilityZone>${region}a</availabilityZone><status>in-use</status>
      <volumeType>gp3</volumeType><attachmentSet><item><volumeId>vol-${id}</volumeId><instanceId>i-${id}</instanceId>
      <status>attached</status></item></attachmentSet>${TAGS}</item>`,
  },
  DescribeNetworkInterfaces: {
    set: 'networkInterfaceSet',
    item: (id, region) =>
      `<item><networkInterfaceId>eni-${id}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
      <availabilityZone>${region}a</availabilityZone><status>in-use</status><privateIpAddress>10.0.0.1</privateIpAddress></item>`,
  },
  DescribeAddresses: {
    set: 'addressesSet',
    item: (id) =>
      `<item><allocationId>eipalloc-${id}</allocationId><publicIp>192.0.2.1</publicIp><domain>vpc</domain></item>`,
  },
  DescribeNatGateways: { set: 'natGatewaySet', item: () => '' },
}

function page(action: string, { region, place, first, last, more }: Page): string {
  if (action === 'DescribeLoadBalancers')
    return `<${action}Response><${action}Result><LoadBalancers/></${action}Result></${action}Response>`
  const { set, item } = ITEMS[action] ?? { set: 'set', item: () => '' }
  const ids = Array.from({ length: last - first }, (_, index) => `${place}x${first + index}`)
  const token = more ? `<nextToken>${last}</nextToken>` : ''
  return `<${action}Response><${set}>${ids.map((id) => item(id, region)).join('')}</${set}>${token}</${action}Response>`
}

function error(code: string): string {
  return `<Response><Errors><Error><Code>${code}</Code><Message>simulated</Message></Error></Errors></Response>`
}

function respond(statusCode: number, text: string) {
  const body = Readable.from([Buffer.from(text)])
  return { response: { statusCode, headers: { 'content-type': 'text/xml' }, body } }
}

/** The same numbers in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
