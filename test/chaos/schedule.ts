import type { Weather } from './faults.ts'
import { type Random, randomOf } from './random.ts'

/** Everything that is decided before a schedule runs. */
export interface Schedule {
  readonly seed: number
  readonly random: Random
  /** How long faults are met, processes die and messages are sent. */
  readonly stormMs: number
  readonly functionTimeoutMs: number
  readonly visibilitySeconds: number
  /** After the storm; a queue that holds messages longer is never going to be empty. */
  readonly drainedWithinMs: number
  readonly ingesterKills: readonly Kill[]
  readonly clickhouseOutages: readonly ClickHouseOutage[]
  /** When the operator takes messages off the queue and sends them again, under new ids. */
  readonly requeues: readonly Requeue[]
  readonly weather: Readonly<Record<ProxyName, Weather>>
}

export const PROXY_NAMES = ['clickhouse', 'ingesterQueue', 'publisherQueue'] as const
export type ProxyName = (typeof PROXY_NAMES)[number]

export interface Kill {
  readonly atMs: number
  readonly restartAfterMs: number
}

export interface ClickHouseOutage {
  readonly kind: 'killed' | 'stopped'
  readonly atMs: number
  readonly forMs: number
}

export interface Requeue {
  readonly atMs: number
  readonly messages: number
  /** The operator forgets to delete what was sent again. */
  readonly keepsOriginals: boolean
}

/** The schedule of a seed; with more patience, timeouts last that many times as long. */
export function scheduleOf(seed: number, patience: number): Schedule {
  const random = randomOf(`polo-${seed}`)
  const own = random.fork('schedule')
  const stormMs = own.int(5_000, 9_000)
  const functionTimeoutMs = Math.round(patience * own.int(12_000, 14_000))
  const times = (count: number) => Array.from({ length: count }, () => own.int(300, stormMs))
  return {
    seed,
    random,
    stormMs,
    functionTimeoutMs,
    visibilitySeconds: Math.ceil(patience * 15),
    drainedWithinMs: patience * 150_000,
    ingesterKills: times(own.int(1, 4))
      .sort((a, b) => a - b)
      .map((atMs) => ({ atMs, restartAfterMs: own.int(0, 800) })),
    clickhouseOutages: outages(own, stormMs),
    requeues: times(own.int(0, 3)).map((atMs) => ({
      atMs,
      messages: own.int(1, 4),
      keepsOriginals: own.chance(0.3),
    })),
    weather: {
      clickhouse: weather(own, { rate: own.pick([0.05, 0.15, 0.3]), halfOpenMs: 12_000 }),
      ingesterQueue: weather(own, { rate: own.pick([0.1, 0.2, 0.35]), halfOpenMs: 4_000 }),
      publisherQueue: weather(own, { rate: own.pick([0.05, 0.15, 0.3]), halfOpenMs: 1_000 }),
    },
  }
}

function weather(random: Random, given: Omit<Weather, 'maxDelayMs'>): Weather {
  return { ...given, maxDelayMs: random.pick([50, 400, 1_500]) }
}

/** One after the other: ClickHouse is killed in one half of the storm, or stopped in it. */
function outages(random: Random, stormMs: number): ClickHouseOutage[] {
  const half = stormMs / 2
  return [0, half].flatMap((start) => {
    if (random.chance(0.35)) return []
    const kind = random.pick<ClickHouseOutage['kind']>(['killed', 'stopped'])
    return [
      { kind, atMs: Math.round(start + random.next() * half * 0.6), forMs: random.int(200, half * 0.4) },
    ]
  })
}
