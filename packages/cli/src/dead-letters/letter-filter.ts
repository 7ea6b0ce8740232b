import type { Command } from 'commander'
import { z } from 'zod'
import { UsageError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import type { DeadLetterSummary } from './dead-letters.ts'
import { findReason, REASONS } from './reasons.ts'

/** The options that say which letters are meant. */
export interface FilterFlags {
  readonly reason?: readonly string[]
  readonly schema?: readonly string[]
  readonly collector?: readonly string[]
  readonly id?: readonly string[]
  readonly since?: string
  readonly until?: string
  readonly all?: boolean
}

/** A letter must meet every condition that is there, each by any of its values; times are milliseconds since the epoch. */
export interface LetterFilter {
  readonly reasons?: readonly string[]
  readonly schemas?: readonly string[]
  readonly collectors?: readonly string[]
  readonly ids?: readonly string[]
  readonly since?: number
  readonly until?: number
}

const Time = z.iso.datetime({ offset: true })
const AGO = /^(\d{1,6})([smhd])$/
const UNIT_MS = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

export function addFilterOptions(command: Command): Command {
  return command
    .option('--reason <reason...>', 'only letters that are dead for one of these reasons')
    .option('--schema <name...>', 'only of these schemas, such as resource_event/1')
    .option('--collector <name...>', 'only from these collectors')
    .option('--since <time>', 'only sent at or after this time (2026-01-15T00:00:00Z), or this long ago (2h)')
    .option('--until <time>', 'only sent before this time, or longer ago than this')
    .option('--id <message id...>', 'only these messages, as polo dlq ls lists them')
}

/** @throws UsageError for what can match nothing */
export function readFilter(flags: FilterFlags, now: Date): LetterFilter {
  for (const reason of flags.reason ?? []) checkReason(reason)
  const since = flags.since === undefined ? undefined : readTime('--since', flags.since, now)
  const until = flags.until === undefined ? undefined : readTime('--until', flags.until, now)
  if (since !== undefined && until !== undefined && since >= until) {
    throw new UsageError('--since is not before --until, so nothing can be in between')
  }
  return {
    ...(flags.reason && { reasons: flags.reason }),
    ...(flags.schema && { schemas: flags.schema }),
    ...(flags.collector && { collectors: flags.collector }),
    ...(flags.id && { ids: flags.id }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  }
}

/**
 * As `readFilter`, for what changes the queue: that every letter is meant must be said.
 * @throws UsageError
 */
export function readExplicitFilter(flags: FilterFlags, now: Date): LetterFilter {
  const filter = readFilter(flags, now)
  const isFiltered = Object.keys(filter).length > 0
  if (isFiltered && flags.all) throw new UsageError('--all and a filter exclude each other')
  if (isFiltered || flags.all) return filter
  throw new UsageError(
    'say which letters are meant: --reason, --schema, --collector, --since, --until, --id; or --all',
  )
}

export function matchesFilter(letter: DeadLetterSummary, filter: LetterFilter): boolean {
  const sentAt = Date.parse(letter.sent_at)
  return (
    (filter.reasons?.includes(letter.reason) ?? true) &&
    (filter.schemas?.includes(letter.schema) ?? true) &&
    (filter.collectors?.includes(letter.collector) ?? true) &&
    (filter.ids?.includes(letter.message_id) ?? true) &&
    sentAt >= (filter.since ?? -Infinity) &&
    sentAt < (filter.until ?? Infinity)
  )
}

function checkReason(reason: string): void {
  if (findReason(reason)) return
  const known = Object.keys(REASONS).join(', ')
  throw new UsageError(`there is no reason '${printable(reason, 100)}'. There are: ${known}`)
}

function readTime(option: string, text: string, now: Date): number {
  const [, amount, unit = ''] = AGO.exec(text) ?? []
  if (amount !== undefined) return now.getTime() - Number(amount) * (UNIT_MS.get(unit) ?? 0)
  const time = Time.safeParse(text)
  if (time.success) return Date.parse(time.data)
  throw new UsageError(
    `${option} ${printable(text, 100)}: expected how long ago (30s, 15m, 2h, 7d), ` +
      'or a time with its time zone, such as 2026-01-15T00:00:00Z',
  )
}
