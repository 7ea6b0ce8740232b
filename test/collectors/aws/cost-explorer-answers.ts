import { Readable } from 'node:stream'
import type { ObjectStore } from '@polo/collectors'
import { z } from 'zod'
import { ACCOUNT, memoryStore, REGION } from '../harness.ts'

/** What one account was charged for one service on one day, in units of 10⁻¹⁰ of the currency: whole, so that sums are exact. */
export interface TestCharge {
  readonly day: string
  readonly account?: string
  readonly service?: string
  readonly usageType?: string
  readonly recordType?: string
  readonly units: bigint
  /** Where it is another than the unblended. */
  readonly amortized?: bigint
  readonly netUnblended?: bigint
  readonly netAmortized?: bigint
}

export interface TestBill {
  readonly charges: readonly TestCharge[]
  /** Money that the total of its record type has, and no account and service. */
  readonly unallocated?: readonly TestCharge[]
  /** Groups in a page; a day may be cut by it. */
  readonly pageSize?: number
  readonly currency?: string
  /** The first day that AWS takes for final no more. */
  readonly estimatedFrom?: string
  readonly accountNames?: Readonly<Record<string, string>>
  /** How an amount is written. */
  readonly write?: (units: bigint) => string
  /** The code that AWS answers the nth request with, from 1, or every one of a month that begins with the key. */
  readonly errors?: Readonly<Record<string, string>>
  /** Told of each request; may give another bill from then on. */
  readonly onAsk?: (count: number) => TestBill | undefined
}

const Dimension = z.object({ Key: z.string(), Values: z.array(z.string()) })
const Filter = z.object({
  Dimensions: Dimension.optional(),
  And: z.array(z.object({ Dimensions: Dimension })).optional(),
})
const Question = z.object({
  TimePeriod: z.object({ Start: z.string(), End: z.string() }),
  Granularity: z.literal('DAILY'),
  Metrics: z.array(z.string()),
  GroupBy: z.array(z.object({ Type: z.literal('DIMENSION'), Key: z.string() })).max(2),
  Filter: Filter.optional(),
  NextPageToken: z.string().optional(),
})
export type Question = z.infer<typeof Question>

interface Entry {
  readonly day: string
  readonly group?: object
}

/** Answers as the endpoint of Cost Explorer does; `asked` has each request. */
export function costExplorerAnswers(initial: TestBill) {
  const asked: Question[] = []
  let bill = initial
  const handle = async (request: { body: Uint8Array }) => {
    const question = Question.parse(JSON.parse(new TextDecoder().decode(request.body)))
    asked.push(question)
    bill = initial.onAsk?.(asked.length) ?? bill
    const { errors = {} } = bill
    const code = errors[`${asked.length}`] ?? errors[question.TimePeriod.Start.slice(0, 7)]
    if (code) return jsonResponse({ __type: code, Message: `it ended in ${code}` }, 400)
    return jsonResponse(answerOf(bill, question), 200)
  }
  return { requestHandler: { handle }, asked }
}

/** Answers each request with the next of some answers, as they are. */
export function fixedAnswers(answers: readonly object[]) {
  const asked: Question[] = []
  const handle = async (request: { body: Uint8Array }) => {
    asked.push(Question.parse(JSON.parse(new TextDecoder().decode(request.body))))
    return jsonResponse(answers[asked.length - 1] ?? { __type: 'AccessDeniedException' }, 200)
  }
  return { requestHandler: { handle }, asked }
}

/** What a run of the day before `slot` left, which took a request for each of two queries. */
export function lookedBefore(slot: Date): ObjectStore {
  const before = new Date(slot.getTime() - 86_400_000).toISOString()
  const look = { on: before.slice(0, 10), days: 14, queries: 2, requests: 2 }
  const value = { v: 1, look, months: {}, usageTypes: {} }
  return memoryStore({
    [`collectors/cost_explorer/${ACCOUNT}/${REGION}.json`]: JSON.stringify({
      v: 1,
      versions: [{ slot: before, value }],
    }),
  })
}

/** '-12.0000000003' */
export function amountOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(11, '0')
  const text = `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '')
  return units < 0n ? `-${text}` : text
}

function answerOf(bill: TestBill, question: Question): object {
  const { pageSize = 1_000, accountNames = {} } = bill
  const entries = daysOf(question).flatMap((day) => entriesOf(bill, question, day))
  const from = Number(question.NextPageToken ?? 0)
  const page = entries.slice(from, from + pageSize)
  const days = [...new Set(page.map(({ day }) => day))]
  return {
    ...(from + pageSize < entries.length ? { NextPageToken: String(from + pageSize) } : {}),
    GroupDefinitions: question.GroupBy,
    ResultsByTime: days.map((day) => ({
      TimePeriod: { Start: day, End: nextDay(day) },
      Total: {},
      Groups: page.flatMap((entry) => (entry.day === day && entry.group ? [entry.group] : [])),
      Estimated: bill.estimatedFrom !== undefined && day >= bill.estimatedFrom,
    })),
    DimensionValueAttributes: Object.entries(accountNames).map(([Value, description]) => ({
      Value,
      Attributes: { description },
    })),
  }
}

/** A day without groups is there all the same. */
function entriesOf(bill: TestBill, question: Question, day: string): Entry[] {
  const byRecordType = question.GroupBy.every(({ Key }) => Key === 'RECORD_TYPE')
  const all = [...bill.charges, ...(byRecordType ? (bill.unallocated ?? []) : [])]
  const matching = all.filter((charge) => charge.day === day && matches(charge, question.Filter))
  const groups = Map.groupBy(matching, (charge) =>
    JSON.stringify(question.GroupBy.map(({ Key }) => dimension(charge, Key))),
  )
  const entries = [...groups].map(([keys, charges]) => ({
    day,
    group: { Keys: JSON.parse(keys), Metrics: askedFor(question, metricsOf(charges, bill)) },
  }))
  return entries.length > 0 ? entries : [{ day }]
}

function askedFor({ Metrics }: Question, metrics: object): object {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => Metrics.includes(name)))
}

function metricsOf(charges: readonly TestCharge[], { currency = 'USD', write = amountOf }: TestBill): object {
  const sum = (read: (charge: TestCharge) => bigint | undefined) => ({
    Amount: write(charges.reduce((total, charge) => total + (read(charge) ?? charge.units), 0n)),
    Unit: currency,
  })
  return {
    UnblendedCost: sum(({ units }) => units),
    AmortizedCost: sum(({ amortized }) => amortized),
    NetUnblendedCost: sum(({ netUnblended }) => netUnblended),
    NetAmortizedCost: sum(({ netAmortized, amortized }) => netAmortized ?? amortized),
    BlendedCost: sum(({ units }) => units),
    UsageQuantity: { Amount: '24', Unit: charges.every(({ usageType }) => usageType) ? 'Hrs' : 'N/A' },
  }
}

function matches(charge: TestCharge, filter: Question['Filter']): boolean {
  const dimensions = [
    ...(filter?.Dimensions ? [filter.Dimensions] : []),
    ...(filter?.And?.map(({ Dimensions }) => Dimensions) ?? []),
  ]
  return dimensions.every(({ Key, Values }) => Values.includes(dimension(charge, Key)))
}

function dimension(charge: TestCharge, key: string): string {
  const { account = '111111111111', service = 'AWS Lambda', recordType = 'Usage', usageType = '' } = charge
  const values: Readonly<Record<string, string>> = {
    LINKED_ACCOUNT: account,
    SERVICE: service,
    RECORD_TYPE: recordType,
    USAGE_TYPE: usageType,
  }
  return values[key] ?? ''
}

function daysOf({ TimePeriod: { Start, End } }: Question): string[] {
  const days: string[] = []
  for (let day = Start; day < End; day = nextDay(day)) days.push(day)
  return days
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

function jsonResponse(body: object, statusCode: number) {
  return {
    response: {
      statusCode,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: Readable.from([Buffer.from(JSON.stringify(body))]),
    },
  }
}
