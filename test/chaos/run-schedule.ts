import { setTimeout as sleep } from 'node:timers/promises'
import { mendLetters, poisonToMend, readLetters, verifyGarbage, verifyLetters } from './dead-letters.ts'
import { FAULT_KINDS, type FaultCounts, noFaults } from './faults.ts'
import type { Finding } from './finding.ts'
import { type PromisedBlock, poisonRows, readPromises } from './promise.ts'
import { countMessages, send, takeAll } from './queues.ts'
import type { Sabotage } from './sabotage.ts'
import { PROXY_NAMES, type Schedule, scheduleOf } from './schedule.ts'
import { type Servers, type Stage, setStage } from './stage.ts'
import { rageStorm } from './storm.ts'
import { recordRuns, verifyLedger } from './verify-ledger.ts'
import { type RowFigures, verifyRows } from './verify-rows.ts'
import { makeWorkload, type Workload } from './workload.ts'

/** What became of one schedule. */
export interface ScheduleReport extends RowFigures {
  readonly seed: number
  readonly messages: number
  readonly poison: number
  readonly mended: number
  readonly ingesterKills: number
  readonly clickhouseKills: number
  readonly clickhouseStops: number
  readonly faults: FaultCounts
  /** From the end of the storm until the queue was empty. */
  readonly drainMs: number
  readonly durationMs: number
  readonly findings: readonly Finding[]
}

const LOOK_EVERY_MS = 200
const SECOND_STORM_MS = 1_500

/** Runs the schedule of a seed from its storm to the redriven dead letters, and compares what is stored with what was promised. */
export async function runSchedule(
  servers: Servers,
  { seed, sabotage, patience }: { seed: number; sabotage: Sabotage; patience: number },
): Promise<ScheduleReport> {
  const startedAt = Date.now()
  const schedule = scheduleOf(seed, patience)
  const workload = await makeWorkload(seed, schedule.random.fork('workload'), schedule.stormMs)

  const stage = await setStage(servers, schedule, { name: `chaos_${seed}_${startedAt}`, sabotage })
  try {
    const packed = await rageStorm({ engine: servers.engine, schedule, workload }, stage)
    const blocks = await readPromises([...workload.bodies, ...packed], workload.mended)
    // As an operator would: one that starts probes at once, where a breaker that relapsed waits for minutes.
    await stage.ingester.restart()
    const drainMs = await drain(stage, schedule)
    await recordRuns(stage.database, blocks)
    const first = await verifyStorm(stage, blocks, workload)
    const second = await redriveMended(stage, schedule, { blocks, letters: first.letters })
    return {
      seed,
      messages: workload.sendings.length + packed.length,
      poison: poisonRows(blocks).size,
      mended: second.mended,
      ingesterKills: schedule.ingesterKills.length,
      clickhouseKills: schedule.clickhouseOutages.filter(({ kind }) => kind === 'killed').length,
      clickhouseStops: schedule.clickhouseOutages.filter(({ kind }) => kind === 'stopped').length,
      faults: sumFaults(stage),
      drainMs,
      durationMs: Date.now() - startedAt,
      ...second.figures,
      findings: [
        ...first.findings,
        ...second.findings,
        { check: 'crashes of the ingester', expected: 0, found: stage.ingester.crashes() },
      ],
    }
  } finally {
    await stage.strike()
  }
}

async function verifyStorm(stage: Stage, blocks: readonly PromisedBlock[], { garbage }: Workload) {
  const poison = new Set(poisonRows(blocks).keys())
  const taken = await takeAll(stage.direct, stage.queues.deadLetters)
  const { asTheyCame, letters } = await readLetters(taken, garbage)
  const { findings } = await verifyRows(
    stage.database,
    blocks.flatMap(({ good }) => good),
  )
  const all = [
    ...findings,
    ...verifyGarbage(asTheyCame, garbage),
    ...verifyLetters(letters, poison),
    ...(await verifyLedger(stage.database, blocks, poison)),
  ]
  return { letters, findings: all.map(labelled('after the storm')) }
}

/** Sends the dead letters again, most of their rows put right, and checks that these moved from dead to stored. */
async function redriveMended(
  stage: Stage,
  schedule: Schedule,
  { blocks, letters }: { blocks: readonly PromisedBlock[]; letters: Parameters<typeof mendLetters>[0] },
) {
  const random = schedule.random.fork('mend')
  const mended = poisonToMend(blocks, () => random.chance(0.7))
  const stillDead = new Set(poisonRows(blocks).keys()).difference(new Set(mended.keys()))
  const bodies = await mendLetters(letters, mended)
  stage.storm()
  const sent = bodies.flatMap((body) => (random.chance(0.3) ? [body, body] : [body]))
  for (const body of random.shuffle(sent)) await send(stage.direct, stage.queues.events, { body })
  await sleep(SECOND_STORM_MS)
  stage.calm()
  await drain(stage, schedule)
  const { figures, findings } = await verifyRows(stage.database, [
    ...blocks.flatMap(({ good }) => good),
    ...mended.values(),
  ])
  const left = await readLetters(await takeAll(stage.direct, stage.queues.deadLetters), [])
  const all = [
    ...findings,
    ...verifyLetters(left.letters, stillDead),
    ...(await verifyLedger(stage.database, blocks, stillDead)),
  ]
  return { figures, mended: mended.size, findings: all.map(labelled('after the redrive')) }
}

async function drain({ direct, queues }: Stage, { drainedWithinMs }: Schedule): Promise<number> {
  const startedAt = Date.now()
  for (;;) {
    const left = (await countMessages(direct, queues.events)) + (await countMessages(direct, queues.backfill))
    const ms = Date.now() - startedAt
    if (left === 0) return ms
    if (ms > drainedWithinMs) throw new Error(`${left} messages are still in the queue after ${ms} ms`)
    await sleep(LOOK_EVERY_MS)
  }
}

function labelled(when: string): (finding: Finding) => Finding {
  return (finding) => ({ ...finding, check: `${finding.check} ${when}` })
}

function sumFaults({ proxies }: Stage): FaultCounts {
  const sum = noFaults()
  for (const name of PROXY_NAMES) for (const kind of FAULT_KINDS) sum[kind] += proxies[name].counts[kind]
  return sum
}
