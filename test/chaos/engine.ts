import { startClickHouse } from '@polo/local'

/** A ClickHouse that can be killed and started again on its data. */
export interface Engine {
  port(): number
  url(): string
  /** SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Keeps its connections open and answers nothing. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

const MAX_MEMORY_BYTES = 1024 ** 3

export async function startEngine(dataDir: string): Promise<Engine> {
  const start = () => startClickHouse({ dataDir, maxMemoryBytes: MAX_MEMORY_BYTES })
  let server = await start()
  return {
    port: () => server.port,
    url: () => server.url,
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    async restart() {
      server = await start()
    },
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    async stop() {
      await server.stop()
    },
  }
}
