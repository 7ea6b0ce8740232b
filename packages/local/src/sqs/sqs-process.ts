import { startFauxqs } from 'fauxqs'
import { serveAsChild } from '../child.ts'
import { LocalServerError, PortInUseError } from '../errors.ts'
import { confineNextServer } from './confine-server.ts'
import { guardMoves, ownDataDirectory, releaseInFlight } from './message-store.ts'
import { LOCAL_SQS_REGION } from './sqs-client.ts'

/** What the parent hands to this process. */
export interface SqsProcessOptions {
  dataDir: string
  port: number
  /** What its `--max-old-space-size` is. */
  heapMegabytes: number
}

await serveAsChild<SqsProcessOptions>(async ({ dataDir, port, heapMegabytes }) => {
  const lock = ownDataDirectory(dataDir)
  releaseInFlight(dataDir)
  const confined = confineNextServer(heapMegabytes)
  // Every option is given, since fauxqs reads the ones that are not from its own environment variables.
  const server = await startFauxqs({
    dataDir,
    port,
    host: 'localhost',
    defaultRegion: LOCAL_SQS_REGION,
    logger: false,
    init: {},
  }).catch((cause) => {
    throw isPortTaken(cause) ? portInUse(port, cause) : cause
  })
  if (!confined()) throw new LocalServerError('SQS could not be kept to loopback, so it was not started')
  guardMoves(dataDir)
  return {
    port: server.port,
    async stop() {
      await server.stop()
      lock.close()
    },
  }
})

function portInUse(port: number, cause: unknown): PortInUseError {
  return new PortInUseError(
    `Port ${port}, asked for the embedded SQS, is taken. Free it, or choose another (0 takes any free port).`,
    { cause },
  )
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
