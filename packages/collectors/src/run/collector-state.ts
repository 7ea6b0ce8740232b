import { ConfigError } from '@polo/core'
import * as z from 'zod'
import type { Collector } from '../collector.ts'
import type { ObjectStore } from '../object-store.ts'

/** What a collector remembers from slot to slot, for one account and region. */
export interface RegionState {
  /**
   * What the newest earlier slot left, undefined where none did. A retry of a slot reads what the slot before it left.
   * It may be of an earlier release: check it.
   */
  read(): Promise<unknown>
  /** What the newest later slot left, where this one is made up for; undefined where none did. It may be of another release, too. */
  readLater(): Promise<unknown>
  /** Leaves a JSON value for later slots. It is stored once the queue has taken every block of the run. */
  write(value: unknown): void
}

const Versions = z.object({
  v: z.literal(1),
  versions: z.array(z.object({ slot: z.iso.datetime(), value: z.unknown() })),
})
/** The slot's own, and that of the slot before, which a retry reads. */
const KEPT_VERSIONS = 2

/** The states of one run. */
export interface RunState {
  ofRegion(region: string): RegionState
  /** Stores what was written. @throws what the store throws */
  commit(): Promise<void>
}

export interface RunStateOptions {
  readonly collector: { readonly name: string; readonly remembers?: boolean | undefined }
  readonly accountId: string
  readonly slot: Date
  readonly store: ObjectStore | undefined
}

/** Whether a collector's runs remember anything, be it only what they have cost. */
export function usesState({
  remembers = false,
  budgetShare = 0,
}: Pick<Collector, 'remembers' | 'budgetShare'>): boolean {
  return remembers || budgetShare > 0
}

/** The prefix of all objects of one collector. */
export function statePrefix(collectorName: string): string {
  return `collectors/${collectorName}`
}

export function createRunState({ collector, accountId, slot, store }: RunStateOptions): RunState {
  const written = new Map<string, unknown>()
  const slotText = slot.toISOString()
  const keyOf = (region: string) => `${statePrefix(collector.name)}/${accountId}/${region}.json`
  const openStore = (): ObjectStore => {
    if (!collector.remembers) throw new TypeError(`${collector.name} does not say that it remembers`)
    if (store) return store
    throw new ConfigError(`${collector.name} remembers, and was given no place to do so`)
  }
  return {
    ofRegion: (region) => ({
      async read() {
        const versions = await readVersions(openStore(), keyOf(region))
        return versions.find((version) => version.slot < slotText)?.value
      },
      async readLater() {
        const [newest] = await readVersions(openStore(), keyOf(region))
        return newest && newest.slot > slotText ? newest.value : undefined
      },
      write(value) {
        openStore()
        written.set(region, value)
      },
    }),
    async commit() {
      for (const [region, value] of written)
        await addVersion(openStore(), keyOf(region), { slot: slotText, value })
    },
  }
}

interface Version {
  readonly slot: string
  readonly value: unknown
}

/** The newest first. */
async function readVersions(store: ObjectStore, key: string): Promise<Version[]> {
  const body = await store.read(key)
  if (body === undefined) return []
  const parsed = Versions.safeParse(parseJson(body))
  if (!parsed.success) {
    throw new ConfigError(
      `what was remembered in ${key} cannot be read: delete the object to begin anew, or run the release that wrote it`,
    )
  }
  return parsed.data.versions.toSorted((a, b) => b.slot.localeCompare(a.slot))
}

async function addVersion(store: ObjectStore, key: string, version: Version): Promise<void> {
  const others = (await readVersions(store, key)).filter(({ slot }) => slot !== version.slot)
  const versions = [version, ...others].sort((a, b) => b.slot.localeCompare(a.slot)).slice(0, KEPT_VERSIONS)
  await store.write(key, JSON.stringify({ v: 1, versions }))
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
