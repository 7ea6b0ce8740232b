import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { sqsClient } from '@polo/local'
import { createDatabase, type TestDatabase } from './database.ts'
import type { Engine } from './engine.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { planFaults } from './faults.ts'
import { type ChaosIngester, startIngester } from './ingester.ts'
import { createQueues, deleteQueue, type Queues } from './queues.ts'
import type { Sabotage } from './sabotage.ts'
import { PROXY_NAMES, type ProxyName, type Schedule } from './schedule.ts'

/** The servers that schedules share, one at a time. */
export interface Servers {
  readonly engine: Engine
  readonly sqsEndpoint: string
  /** Where ingesters keep their breaker's state. */
  readonly directory: string
}

/** What one schedule has to itself. */
export interface Stage {
  readonly database: TestDatabase
  readonly queues: Queues
  readonly ingester: ChaosIngester
  readonly proxies: Readonly<Record<ProxyName, FaultProxy>>
  /** Of the publisher, through its proxy. */
  readonly publisher: SQSClient
  /** Of the operator and of the checks, not through a proxy. */
  readonly direct: SQSClient
  /** Faults are met from now on, until `calm`. */
  storm(): void
  calm(): void
  /** Stops and drops everything. */
  strike(): Promise<void>
}

export async function setStage(
  servers: Servers,
  schedule: Schedule,
  { name, sabotage }: { name: string; sabotage: Sabotage },
): Promise<Stage> {
  const { engine, sqsEndpoint, directory } = servers
  const { visibilitySeconds, functionTimeoutMs } = schedule
  const sqsPort = Number(new URL(sqsEndpoint).port)
  const direct = sqsClient(sqsEndpoint)
  const dataDir = await mkdtemp(join(directory, 'ingester-'))
  const database = await createDatabase(engine.url, name)
  const queues = await createQueues(direct, { name, visibilitySeconds })
  const proxies = {
    clickhouse: await startFaultProxy(engine.port),
    ingesterQueue: await startFaultProxy(() => sqsPort),
    publisherQueue: await startFaultProxy(() => sqsPort),
  }
  const publisher = sqsClient(proxies.publisherQueue.url)
  const ingester = await startIngester({
    dataDir,
    clickhouseUrl: proxies.clickhouse.url,
    database: name,
    sqsEndpoint: proxies.ingesterQueue.url,
    events: { queueUrl: queues.events.url, queueArn: queues.events.arn },
    backfill: { queueUrl: queues.backfill.url, queueArn: queues.backfill.arn },
    deadLetterQueueUrl: queues.deadLetters.url,
    functionTimeoutMs,
    visibilityTimeoutSeconds: visibilitySeconds,
    sabotage,
  })
  return {
    ...{ database, queues, ingester, proxies, publisher, direct },
    storm() {
      for (const proxy of PROXY_NAMES) {
        proxies[proxy].storm(planFaults(schedule.random.fork(proxy), schedule.weather[proxy]))
      }
    },
    calm() {
      for (const proxy of PROXY_NAMES) proxies[proxy].calm()
    },
    async strike() {
      await ingester.stop()
      for (const proxy of PROXY_NAMES) await proxies[proxy].stop()
      for (const queue of Object.values(queues)) await deleteQueue(direct, queue)
      publisher.destroy()
      direct.destroy()
      await database.drop()
    },
  }
}
