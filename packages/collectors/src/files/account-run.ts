import { randomUUID } from 'node:crypto'
import type { CollectorRun, ResourceEvent } from '@polo/core'
import type { PublishError } from '../errors.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { createPublisher, type PublishedBlock } from '../publish/publisher.ts'
import type { RegionResult } from '../run/collect-region.ts'
import { createTally, reject, type Tally } from '../run/tally.ts'
import { type LostEvent, toRunRecord } from '../run/to-run-record.ts'
import type { FileReader } from './file-reader.ts'

/** What reads no region of its own, such as a file that breaks off. */
export const UNKNOWN_REGION = 'unknown'

export interface AccountRunOptions {
  readonly reader: FileReader
  readonly account: string
  readonly slot: Date
  readonly startedAt: Date
  /** For how many days its events are kept. */
  readonly keptDays: number
  readonly sink: BlockSink
  /** Told as soon as a block was not taken. */
  readonly onFailure: () => void
}

/** One account's part of what files hold: its events in blocks of their own, and the record that accounts for them. */
export interface AccountRun {
  /** Takes the events of one thing in a file; `flush` sends them. */
  take(region: string, events: readonly ResourceEvent[]): void
  countOther(region: string): void
  countExpired(region: string): void
  reject(region: string, problem: { readonly what: string; readonly more?: number }): void
  /** Events that were taken and not sent. */
  waiting(): number
  /** Sends what waits; more may follow. */
  flush(): Promise<void>
  /** The final record, once everything is sent. */
  toRecord(ended: { readonly failure: unknown; readonly finishedAt: Date }): CollectorRun
}

interface RegionTally {
  readonly tally: Tally
  others: number
  expired: number
  read: number
}

export function createAccountRun(options: AccountRunOptions): AccountRun {
  const { reader, account, slot, startedAt, sink, onFailure } = options
  const runId = randomUUID()
  const regions = new Map<string, RegionTally>()
  const blocks: PublishedBlock[] = []
  const lostEvents: LostEvent[] = []
  let waiting: ResourceEvent[] = []
  let publishFailure: PublishError | undefined

  const regionOf = (name: string): RegionTally => {
    const known = regions.get(name) ?? { tally: createTally(), others: 0, expired: 0, read: 0 }
    regions.set(name, known)
    return known
  }
  const send = async (events: readonly ResourceEvent[]) => {
    const publisher = createPublisher({
      sink,
      schema: 'resource_event/1',
      runId,
      collector: reader.collector,
      onTooLarge: ({ message }, { aws_region }) => lostEvents.push({ region: String(aws_region), message }),
      onFailure(error) {
        publishFailure ??= error
        onFailure()
      },
    })
    for (const event of events) {
      if (publishFailure !== undefined) break
      await publisher.publish(event)
      regionOf(event.aws_region).tally.events++
    }
    blocks.push(...(await publisher.finish()).blocks)
  }

  return {
    take(region, events) {
      regionOf(region).read++
      waiting.push(...events)
    },
    countOther(region) {
      const counts = regionOf(region)
      counts.read++
      counts.others++
    },
    countExpired(region) {
      const counts = regionOf(region)
      counts.read++
      counts.expired++
    },
    reject(region, { what, more = 0 }) {
      const { tally } = regionOf(region)
      reject(tally, what)
      tally.rejected += more
    },
    waiting: () => waiting.length,
    async flush() {
      const events = waiting
      waiting = []
      if (events.length > 0) await send(events)
    },
    toRecord({ failure, finishedAt }) {
      const collector = { name: reader.collector, scope: 'account' } as const
      return toRunRecord(
        { collector, account: { id: account }, slot },
        {
          runId,
          startedAt,
          finishedAt,
          regions: new Map(
            [...regions].map(([name, counts]) => [name, toResult(counts, { ...options, failure })]),
          ),
          failure,
          publishFailure,
          apiCalls: {},
          costUsd: 0,
          lostEvents,
          eventBlocks: blocks,
          rowBlocks: [],
        },
      )
    },
  }
}

function toResult(
  counts: RegionTally,
  {
    reader,
    keptDays,
    failure,
  }: Pick<AccountRunOptions, 'reader' | 'keptDays'> & { readonly failure: unknown },
): RegionResult {
  const { outcomes: _, missed: __, ...tally } = counts.tally
  const isWhole = failure === undefined && tally.rejected === 0
  return {
    ...tally,
    outcome: isWhole ? 'complete' : 'partial',
    unnamedFailures: 0,
    notes: notesOf(counts, { reader, keptDays }),
  }
}

/** In the note that tells of nothing but what a run did. */
export const FROM_FILES = 'read from files'

function notesOf(
  { read, others, expired }: RegionTally,
  { reader: { noun, collector }, keptDays }: Pick<AccountRunOptions, 'reader' | 'keptDays'>,
): string[] {
  if (read === 0) return []
  const uninteresting = others > 0 ? [`${others} of no interest to ${collector}`] : []
  return [
    [`${read} ${noun}${read === 1 ? '' : 's'} ${FROM_FILES}`, ...uninteresting].join(', '),
    ...(expired > 0
      ? [`${expired} older than the ${keptDays} days that they are kept (retentionDays), and left out`]
      : []),
  ]
}
