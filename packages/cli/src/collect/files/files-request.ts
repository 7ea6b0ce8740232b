import { FILE_READERS, type FileReader } from '@polo/collectors'
import { UsageError } from '../../errors.ts'
import { checkCollectorNames } from '../choose-collectors.ts'
import { type CollectFlags, readMinutes, readSlot } from '../collect-request.ts'

/** What of `polo collect` says that files are read. */
export interface FileFlags {
  readonly events?: readonly string[]
}

export interface FilesRequest {
  readonly reader: FileReader
  readonly paths: readonly string[]
  readonly slot: Date
  readonly timeoutMs: number
  /** Where everything goes. What happened long ago must not delay what happens now, so the backfill queue if nothing is said. */
  readonly to: { readonly direct: boolean; readonly backfill: boolean }
}

/** They say where AWS is asked, and files are not. */
const OF_AWS = ['account', 'region', 'recording', 'sample', 'profile', 'endpoint', 'allAccounts'] as const

/**
 * Reads the flags; undefined where they name no files.
 * @throws UsageError for what cannot be
 */
export function readFilesRequest(
  names: readonly string[],
  flags: CollectFlags & FileFlags,
  now = new Date(),
): FilesRequest | undefined {
  const reader = FILE_READERS.find(({ option }) => pathsOf(flags, option) !== undefined)
  if (!reader) return undefined
  const option = `--${reader.option}`
  const paths = pathsOf(flags, reader.option) ?? []
  // The parser takes whatever comes next for the first value.
  if (!paths[0] || paths[0].startsWith('-')) throw new UsageError(`${option} needs at least one file`)
  checkCollectorNames(names)
  const other = names.find((name) => name !== reader.collector)
  if (other !== undefined)
    throw new UsageError(`${option} names files for ${reader.collector}, which ${other} does not read`)
  const ofAws = OF_AWS.find((flag) => flags[flag] !== undefined)
  if (ofAws)
    throw new UsageError(`${option} reads files and asks nothing of AWS: leave --${dashed(ofAws)} out`)
  const { direct = false } = flags
  if (direct && flags.backfill) throw new UsageError('--direct uses no queue, so --backfill excludes it')
  const slot = flags.slot === undefined ? now : readSlot(flags.slot)
  if (slot > now) throw new UsageError(`--slot ${flags.slot} is still to come`)
  return {
    reader,
    paths,
    slot,
    timeoutMs: readMinutes(flags.timeout) * 60_000,
    to: { direct, backfill: !direct && (flags.backfill ?? true) },
  }
}

function pathsOf(flags: FileFlags, option: FileReader['option']): readonly string[] | undefined {
  return option === 'events' ? flags.events : undefined
}

function dashed(flag: string): string {
  return flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
