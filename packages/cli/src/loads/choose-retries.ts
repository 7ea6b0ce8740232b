import type { LoadReport } from '@polo/ingester'
import { UsageError } from '../errors.ts'
import { collectorOf } from './collector-of.ts'

export interface Retries {
  readonly retried: readonly LoadReport[]
  /** Of directories of this machine, which no loader but the one of their own command knows. */
  readonly local: readonly LoadReport[]
}

/**
 * What of the loads that failed or were given up can be tried again.
 * @throws UsageError where none of them can
 */
export function chooseRetries(loads: readonly LoadReport[]): Retries {
  const local = loads.filter(isLocal)
  const retried = loads.filter((load) => !isLocal(load))
  if (retried.length === 0 && local.length > 0) throw new UsageError(describeLocal(local))
  return { retried, local }
}

/**
 * The loads that ids or their beginnings name, each once.
 * @throws UsageError where one names none or several
 */
export function findNamed(loads: readonly LoadReport[], ids: readonly string[]): readonly LoadReport[] {
  return [...new Set(ids.map((id) => findLoad(loads, id)))]
}

/**
 * The loads that are named, to be tried again.
 * @throws UsageError where one names none or several, or one of a local directory
 */
export function chooseNamed(loads: readonly LoadReport[], ids: readonly string[]): readonly LoadReport[] {
  const chosen = findNamed(loads, ids)
  const local = chosen.filter(isLocal)
  if (local.length > 0) throw new UsageError(describeLocal(local))
  return chosen
}

/** Whether nothing brings a load in by itself. */
export function canBeDismissed(load: LoadReport): boolean {
  return load.status === 'failed' || load.status === 'given_up' || waitsForCommand(load)
}

/** Whether it waits for the command that asked for it: no other loader knows those of a directory. */
export function waitsForCommand({ status, storage }: LoadReport): boolean {
  return status === 'pending' && storage === 'file'
}

/** `this load is of a local directory: mend the file and run polo collect cost_cur --path /exports again` */
export function describeLocal(loads: readonly LoadReport[]): string {
  const commands = new Set(loads.map(commandOf))
  const what =
    loads.length === 1
      ? 'this load is of a local directory'
      : `these ${loads.length} loads are of local directories`
  const mend = loads.length === 1 ? 'mend the file' : 'mend the files'
  return `${what}: ${mend} and run ${[...commands].join(' and ')} again`
}

/** The one that loads what is in a directory. */
export function commandOf({ kind, bucket }: LoadReport): string {
  return `polo collect ${collectorOf(kind)} --path ${bucket}`
}

function isLocal({ storage }: LoadReport): boolean {
  return storage === 'file'
}

function findLoad(loads: readonly LoadReport[], id: string): LoadReport {
  const [load, ...others] = loads.filter(({ load_id }) => load_id.startsWith(id.toLowerCase()))
  if (!load || id === '') throw new UsageError(`there is no load ${id}: see polo loads ls --all`)
  if (others.length > 0) {
    throw new UsageError(`${others.length + 1} loads have ids that begin with ${id}: name more of it`)
  }
  return load
}
