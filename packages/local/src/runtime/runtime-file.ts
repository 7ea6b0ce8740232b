import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Where the parts of a Polo that stays up answer; other commands read it to join instead of starting their own. */
export const RuntimeAddresses = z.object({
  pid: z.int(),
  clickhouseUrl: z.url(),
  database: z.string(),
  sqsEndpoint: z.url(),
  queueUrl: z.url(),
  /** For data that may wait; missing in what an older Polo wrote, which had no such queue. */
  backfillQueueUrl: z.url().optional(),
  deadLetterQueueUrl: z.url(),
  /** Of jobs; missing in what an older Polo wrote. */
  jobsDeadLetterQueueUrl: z.url().optional(),
})
export type RuntimeAddresses = z.infer<typeof RuntimeAddresses>

export const RUNTIME_FILE = 'runtime.json'

export async function writeRuntimeFile(dataDir: string, addresses: RuntimeAddresses): Promise<void> {
  const file = join(dataDir, RUNTIME_FILE)
  await writeFile(`${file}.new`, JSON.stringify(addresses, null, 2), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export async function removeRuntimeFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, RUNTIME_FILE), { force: true })
}

/** What a data directory says of its runtime. One that is `hung` has it, and its database takes connections but does not answer. */
export type RuntimeState =
  | { readonly state: 'none' }
  | { readonly state: 'up' | 'hung'; readonly runtime: RuntimeAddresses }

/** Looks for the runtime that serves this data directory; one that left without a word is none. */
export async function lookForRuntime(dataDir: string, { patienceMs = 5_000 } = {}): Promise<RuntimeState> {
  const text = await readFile(join(dataDir, RUNTIME_FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return { state: 'none' }
  const { data: runtime } = RuntimeAddresses.safeParse(parseJson(text))
  if (!runtime || !isAlive(runtime.pid)) return { state: 'none' }
  try {
    const { ok } = await fetch(pingOf(runtime.clickhouseUrl), { signal: AbortSignal.timeout(patienceMs) })
    return ok ? { state: 'up', runtime } : { state: 'none' }
  } catch (error) {
    // Nobody listens where another process has the number of one that was killed.
    const isSilent = error instanceof Error && error.name === 'TimeoutError'
    return isSilent ? { state: 'hung', runtime } : { state: 'none' }
  }
}

/** Without the credentials, which fetch refuses in a URL and /ping does not ask for. */
function pingOf(clickhouseUrl: string): string {
  const { origin, pathname } = new URL(clickhouseUrl)
  return `${origin}${pathname.replace(/\/$/, '')}/ping`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
