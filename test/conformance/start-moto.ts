import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const REQUIREMENT = 'moto[server,ec2,elbv2]==5.2.5'
const ENVIRONMENT = join(import.meta.dirname, '../../.cache/moto')
const SERVER = join(ENVIRONMENT, 'bin/moto_server')
const START_TIMEOUT_MS = 60_000

/** An emulator of AWS, on loopback. */
export interface Moto {
  readonly endpoint: string
  stop(): Promise<void>
}

/**
 * Starts moto's server; the first time installs it into `.cache/moto`.
 * @throws Error which says what is missing when Python or the package cannot be had
 */
export async function startMoto(): Promise<Moto> {
  if (!existsSync(SERVER)) await install()
  const port = await freePort()
  const server = spawn(SERVER, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(server, 'exit')
  let log = ''
  server.stderr.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-2000)
  })
  const endpoint = `http://127.0.0.1:${port}`
  const stop = async () => {
    server.kill()
    await exited
  }
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await answers(endpoint))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      server.kill()
      throw new Error(`moto did not start on ${endpoint}: ${log}`)
    }
    await sleep(200)
  }
  return { endpoint, stop }
}

async function install(): Promise<void> {
  try {
    await run('python3', ['--version'])
  } catch (cause) {
    throw new Error('the conformance tests need python3 (they run against moto, a Python emulator of AWS)', {
      cause,
    })
  }
  try {
    await run('python3', ['-m', 'venv', ENVIRONMENT])
    await run(join(ENVIRONMENT, 'bin/pip'), ['install', '--quiet', REQUIREMENT])
  } catch (cause) {
    throw new Error(`${REQUIREMENT} cannot be installed into ${ENVIRONMENT}`, { cause })
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/data.json`)).ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
