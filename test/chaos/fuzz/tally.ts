import type { MessageReport } from '@polo/ingester'
import { type FuzzedMessage, NEIGHBOUR } from './mutant.ts'

/** Why a message may come back: a later release may know it, or not even SQS takes its body. */
const MAY_COME_BACK = ['unknown_envelope', 'dead_letter_queue_refused']

/** What became of the messages. */
export interface Tally {
  readonly sent: number
  readonly complaints: readonly string[]
  readonly stored: { readonly neighbourRows: number; readonly eventRows: number }
  settle(message: FuzzedMessage, report: MessageReport): void
  /** A message that comes back, since ClickHouse fails on it in a way that says nothing of the message. */
  comeBack(message: FuzzedMessage): void
  /** A message that makes its whole batch come back. */
  holdUp(message: FuzzedMessage, thrown: string): void
  /** A message that never ends. */
  giveUp(message: FuzzedMessage): void
  summary(): string[]
}

/** `onComplaint` is told at once, since a run may be long. */
export function createTally(onComplaint: (complaint: string) => void): Tally {
  const outcomes = new Map<string, number>()
  const backs = new Map<string, number>()
  const complaints: string[] = []
  const stored = { neighbourRows: 0, eventRows: 0 }
  let sent = 0
  const complain = (message: FuzzedMessage, what: string) => {
    const complaint = `${describe(message)}: ${what}`
    complaints.push(complaint)
    onComplaint(complaint)
  }
  return {
    get sent() {
      return sent
    },
    complaints,
    stored,
    settle(message, report) {
      sent++
      const key = `${report.outcome} ${report.reason}`.trim()
      add(outcomes, key)
      if (report.schema === 'resource_event/1') stored.eventRows += rowsStored(report)
      if (message.mutations[0] === NEIGHBOUR) stored.neighbourRows += message.rows
      if (!isFate(message, report)) {
        complain(message, `${key} (code ${report.code}, ${report.rowsStored} rows stored)`)
      }
    },
    comeBack: ({ mutations }) => add(backs, mutations.join(' + ')),
    holdUp: (message, thrown) => complain(message, `stops its whole batch: ${thrown.slice(0, 300)}`),
    giveUp: (message) => complain(message, 'never ends'),
    summary: () => [...list(outcomes), ...list(backs).map((line) => `${line} (came back before it ended)`)],
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function list(counts: ReadonlyMap<string, number>): string[] {
  const byCount = [...counts].sort(([, a], [, b]) => b - a)
  return byCount.map(([key, count]) => `${String(count).padStart(8)} ${key}`)
}

function rowsStored({ outcome, rowsStored }: MessageReport): number {
  return outcome === 'stored' || outcome === 'partly_stored' ? rowsStored : 0
}

function isFate({ fate }: FuzzedMessage, report: MessageReport): boolean {
  const { outcome, reason } = report
  if (outcome === 'deferred' && !MAY_COME_BACK.includes(reason)) return false
  if (fate === 'stored') return outcome === 'stored'
  if (fate === 'not_whole') return outcome === 'dead' || outcome === 'partly_stored'
  if (fate === 'refused') return outcome === 'dead' && report.rowsStored === 0
  if (fate === 'deferred') return outcome === 'deferred'
  return true
}

function describe({ index, mutations }: FuzzedMessage): string {
  return `message ${index} (${mutations.join(' + ')})`
}
