import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BreakerState, type EventSources, NEVER_OPENED } from '@polo/ingester'
import type { EventSourceMapping } from '../event-source-mapping/start-event-source-mapping.ts'

/** The file in a data directory that holds the state of the breaker. */
export const BREAKER_FILE = 'breaker.json'

/** The least that Lambda lets a mapping have. */
const LOW_CONCURRENCY = 2

/** A mapping in this process, and what to bring it back to. */
export interface LocalEventSource {
  readonly mapping: EventSourceMapping
  readonly maximumConcurrency: number
}

/** The state of the breaker of the ingester that has this data directory; `NEVER_OPENED` where none ever opened. */
export async function readLocalBreaker(dataDir: string): Promise<BreakerState> {
  const text = await readFile(join(dataDir, BREAKER_FILE), 'utf8').catch(() => '')
  try {
    return BreakerState.parse(JSON.parse(text))
  } catch {
    return NEVER_OPENED
  }
}

/**
 * The mappings of this process, which remember their state in the data directory: an ingester that is started again
 * goes on from there. While the file cannot be written, as on a full disk, the state is kept here, and every call tries again.
 */
export function localEventSources(dataDir: string, sources: readonly LocalEventSource[]): EventSources {
  let applied: BreakerState | undefined
  let saved: BreakerState | undefined
  const save = async (state: BreakerState) => {
    saved ??= await readLocalBreaker(dataDir)
    if (isDeepStrictEqual(saved, state)) return
    try {
      await writeState(dataDir, state)
      saved = state
    } catch {}
  }
  return {
    async read() {
      if (!applied) return await readLocalBreaker(dataDir)
      await save(applied)
      return applied
    },
    async apply(state) {
      applied = state
      for (const source of sources) applyTo(source, state)
      await save(state)
    },
  }
}

function applyTo({ mapping, maximumConcurrency }: LocalEventSource, { state }: BreakerState): void {
  mapping.setMaximumConcurrency(state === 'closed' ? maximumConcurrency : LOW_CONCURRENCY)
  if (state === 'open') mapping.disable()
  else mapping.enable()
}

async function writeState(dataDir: string, state: BreakerState): Promise<void> {
  const file = join(dataDir, BREAKER_FILE)
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
