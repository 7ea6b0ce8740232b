import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../packages/cli/bin/polo.mjs', import.meta.url))
/** What these variables hold on the machine of who runs the tests must not decide anything. */
const FOREIGN = /^(POLO_|AWS_)/

const groups = new Set<ChildProcess>()
const directories = new Set<string>()

/** A `polo` in a process group of its own. */
export interface PoloProcess {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<PoloResult>
  /** Signals the whole group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void
  /** Signals the command's own process alone. */
  signalParent(signal: NodeJS.Signals): void
  /** As `head` does when it has seen enough. */
  closeStdout(): void
}

export interface PoloResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface PoloOptions {
  readonly dataDir?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A directory that `cleanUp` removes. */
export async function makeDirectory(name = 'polo-test-'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), name))
  directories.add(directory)
  return directory
}

/** Starts the command line as a user would, away from any configuration file unless `cwd` has one. */
export function startPolo(args: readonly string[], { dataDir, env, cwd }: PoloOptions = {}): PoloProcess {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))
  const where = dataDir === undefined ? [] : ['--data-dir', dataDir]
  const child = spawn(process.execPath, [BIN, ...args, ...where], {
    detached: true,
    cwd: cwd ?? tmpdir(),
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  groups.add(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const pid = child.pid ?? 0
  return {
    pid,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, ...output })),
    signalGroup: (signal) => signalGroup(pid, signal),
    signalParent: (signal) => void child.kill(signal),
    closeStdout: () => void child.stdout.destroy(),
  }
}

/** Runs the command line to its end. */
export function runPolo(args: readonly string[], options: PoloOptions = {}): Promise<PoloResult> {
  return startPolo(args, options).ended
}

/** Starts `polo up` and waits until it has collected and stays up. */
export async function startUp(args: readonly string[], options: PoloOptions): Promise<PoloProcess> {
  const up = startPolo(['up', ...args], options)
  await waitFor('polo up to be up', () => {
    if (up.stdout().includes('Ctrl-C stops it')) return true
    if (!isAlive(up.pid)) throw new Error(`polo up ended: ${up.stdout()}${up.stderr()}`)
    return false
  })
  return up
}

/** Processes of the group that still run. */
export function isGroupAlive(pid: number): boolean {
  return isAlive(-pid)
}

/** Polls until `condition` holds. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(50)
  }
}

/** Kills every group that was started and removes every directory that was made. */
export async function cleanUp(): Promise<void> {
  for (const { pid = 0 } of groups) signalGroup(pid, 'SIGKILL')
  for (const { pid = 0 } of groups) await waitFor(`group ${pid} to end`, () => !isGroupAlive(pid))
  groups.clear()
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
  directories.clear()
}

process.on('exit', () => {
  for (const { pid = 0 } of groups) signalGroup(pid, 'SIGKILL')
})

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid !== 0 && isAlive(-pid)) process.kill(-pid, signal)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
