import { mkdir } from 'node:fs/promises'
import { serveAsChild } from '../child.ts'
import { makeBodySpool } from './body-spool.ts'
import { openEngine } from './engine.ts'
import { startHttpFront } from './http-front.ts'
import { makeResultPipes } from './result-pipes.ts'

/** Options of the process, as `startClickHouse` passes them. */
export interface ClickHouseProcessOptions {
  dataDir: string
  port: number
  tmpDir?: string
  maxMemoryBytes?: number
  /** How many queries may run at once; the others wait. */
  maxQueries: number
  password?: string
}

await serveAsChild(async ({ port, tmpDir, maxQueries, password, ...options }: ClickHouseProcessOptions) => {
  const engine = await openEngine(options)
  if (tmpDir !== undefined) await mkdir(tmpDir, { recursive: true })
  const spool = await makeBodySpool(options.dataDir, tmpDir)
  const pipes = await makeResultPipes(spool.directory, maxQueries)
  const front = await startHttpFront({ engine, spool, pipes, port, password })
  return {
    port: front.port,
    async stop() {
      await front.stop()
      await spool.close()
      await engine.close()
    },
  }
})
