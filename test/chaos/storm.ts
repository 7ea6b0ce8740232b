import { setTimeout as sleep } from 'node:timers/promises'
import { createSqsSink } from '@polo/collectors'
import type { Engine } from './engine.ts'
import { requeue, send } from './queues.ts'
import type { ClickHouseOutage, Schedule } from './schedule.ts'
import type { Stage } from './stage.ts'
import { streamRun, type Workload } from './workload.ts'

/** More and sooner than in life: a storm is short. */
const SINK = { retries: 20, retryDelayMs: 20 } as const

/** Sends everything while processes die and requests meet faults. Returns the bodies that the publisher packed. */
export async function rageStorm(
  { engine, schedule, workload }: { engine: Engine; schedule: Schedule; workload: Workload },
  stage: Stage,
): Promise<string[]> {
  const { publisher, direct, queues, ingester } = stage
  const sinks = {
    events: createSqsSink({ client: publisher, queueUrl: queues.events.url, ...SINK }),
    backfill: createSqsSink({ client: publisher, queueUrl: queues.backfill.url, ...SINK }),
  }
  const packed: string[] = []
  const recording = {
    async send(body: string) {
      packed.push(body)
      await sinks.events.send(body)
    },
  }
  stage.storm()
  await Promise.all([
    sleep(schedule.stormMs),
    ...workload.streamed.map((run) => streamRun(run, recording)),
    ...workload.sendings.map(async ({ body, atMs, delaySeconds, queue }) => {
      await sleep(atMs)
      if (delaySeconds === 0) await sinks[queue].send(body)
      else await send(publisher, queues[queue], { body, delaySeconds })
    }),
    ...schedule.ingesterKills.map(async ({ atMs, restartAfterMs }) => {
      await sleep(atMs)
      await ingester.kill(restartAfterMs)
    }),
    ...schedule.requeues.map(async (options) => {
      await sleep(options.atMs)
      await requeue(direct, queues.events, options)
    }),
    sufferOutages(engine, schedule.clickhouseOutages),
  ])
  stage.calm()
  return packed
}

async function sufferOutages(engine: Engine, outages: readonly ClickHouseOutage[]): Promise<void> {
  const startedAt = Date.now()
  for (const { kind, atMs, forMs } of outages) {
    await sleep(Math.max(0, startedAt + atMs - Date.now()))
    if (kind === 'stopped') engine.freeze()
    else await engine.kill()
    await sleep(forMs)
    if (kind === 'stopped') engine.thaw()
    else await engine.restart()
  }
}
