import type { MessageReport, SqsRecord } from '@polo/ingester'
import type { DeadLetterBox } from './dead-letter-box.ts'
import type { InvocationAnswer } from './ingester-server.ts'
import type { FuzzedMessage } from './mutant.ts'
import type { Tally } from './tally.ts'

/** More than the ingester needs to tell a block's fault from ClickHouse's. */
const MAX_RECEIVES = 8

/** Why a message gets another delivery: ClickHouse fails on it while it takes others, or is not to blame yet. */
const COMES_BACK = ['fails_alone', 'unexplained_refusal', 'out_of_time']

/** The ingester as an event source mapping sees it. */
export interface Target {
  /** Delivers a batch until each message of it has ended, and checks how. */
  deliver(batch: readonly FuzzedMessage[]): Promise<void>
  invoke(records: readonly SqsRecord[]): Promise<InvocationAnswer>
  /** The messages that the ingester has now. */
  underWay(): string[]
}

export function createTarget({
  port,
  tally,
  box,
}: {
  port: number
  tally: Tally
  box: DeadLetterBox
}): Target {
  const underWay = new Map<FuzzedMessage, string>()

  const invoke = async (records: readonly SqsRecord[]): Promise<InvocationAnswer> => {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      // One that is kept may be closed by the server just as it is used again.
      headers: { connection: 'close' },
      body: JSON.stringify({ Records: records }),
    })
    // The answer of our own server, whose type it shares.
    return (await response.json()) as InvocationAnswer
  }

  /** The messages that must come back once more. */
  const settle = (batch: readonly FuzzedMessage[], reports: readonly MessageReport[]) =>
    batch.filter((message) => {
      const report = reports.find(({ messageId }) => messageId === message.record.messageId)
      if (!report) throw new Error(`nothing was said of message ${message.index}`)
      if (report.outcome === 'deferred' && COMES_BACK.includes(report.reason)) return true
      tally.settle(message, report)
      box.expect(report, message.record.body)
      return false
    })

  /** Alone, so that it shows which message of a batch made the ingester throw. */
  const deliverAlone = async (message: FuzzedMessage) => {
    for (let receives = 2; receives <= MAX_RECEIVES; receives++) {
      const answer = await invoke([received(message.record, receives)])
      if ('thrown' in answer) tally.holdUp(message, answer.thrown)
      else if (settle([message], answer.reports).length === 0) return
    }
    tally.giveUp(message)
  }

  return {
    invoke,
    underWay: () => [...underWay.values()],
    async deliver(batch) {
      for (const message of batch)
        underWay.set(message, `${message.index} (${message.mutations.join(' + ')})`)
      const answer = await invoke(batch.map(({ record }) => record))
      const back = 'reports' in answer ? settle(batch, answer.reports) : batch
      for (const message of back) {
        if ('reports' in answer) tally.comeBack(message)
        await deliverAlone(message)
      }
      for (const message of batch) underWay.delete(message)
    },
  }
}

function received(record: SqsRecord, receives: number): SqsRecord {
  return {
    ...record,
    attributes: { ...record.attributes, ApproximateReceiveCount: String(receives) },
  }
}
