import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { startSqs } from '@polo/local'
import { startEngine } from './engine.ts'
import type { Servers } from './stage.ts'

/** Starts a ClickHouse and an SQS for the schedules of one worker, which it runs one after the other. */
export async function startServers(parent: string): Promise<Servers & { stop(): Promise<void> }> {
  const directory = await mkdtemp(join(parent, 'worker-'))
  const engine = await startEngine(join(directory, 'clickhouse'))
  const sqs = await startSqs({ dataDir: join(directory, 'sqs'), queues: [], heapMegabytes: 512 })
  return {
    engine,
    sqsEndpoint: sqs.endpoint,
    directory,
    async stop() {
      await sqs.stop()
      await engine.stop()
    },
  }
}
