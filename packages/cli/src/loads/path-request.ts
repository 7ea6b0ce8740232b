import { realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { PLAIN_KEY } from '@polo/core'
import { checkCollectorNames } from '../collect/choose-collectors.ts'
import type { CollectFlags } from '../collect/collect-request.ts'
import { UsageError } from '../errors.ts'
import { type GlobalOptions, readSettings } from '../session/settings.ts'
import { type DirectoryLoads, PATH_COLLECTORS } from './path-collectors.ts'

/** What of `polo collect` says that files of a directory are loaded. */
export interface PathFlags {
  readonly path?: string
  readonly export?: string
}

export interface PathRequest extends DirectoryLoads {
  readonly collector: string
  readonly directory: string
  readonly to: { readonly direct: boolean; readonly backfill: boolean }
}

/** They say where AWS is asked, and files are not. */
const OF_AWS = [
  'account',
  'region',
  'recording',
  'sample',
  'profile',
  'endpoint',
  'allAccounts',
  'slot',
] as const
const NAME = /^[a-z0-9][\w.-]{0,63}$/i

/**
 * Reads the flags and looks through the directory; undefined where they name none.
 * @throws UsageError for what cannot be
 */
export async function readPathRequest(
  names: readonly string[],
  flags: CollectFlags & PathFlags & GlobalOptions,
): Promise<PathRequest | undefined> {
  if (flags.path === undefined) {
    if (flags.export !== undefined) throw new UsageError('--export names what --path finds: give --path, too')
    return undefined
  }
  // The parser takes whatever comes next for the value.
  if (flags.path === '' || flags.path.startsWith('-')) throw new UsageError('--path needs a directory')
  checkCollectorNames(names)
  const [collector = '', ...others] = names
  const find = Object.hasOwn(PATH_COLLECTORS, collector) ? PATH_COLLECTORS[collector] : undefined
  if (!find || others.length > 0) {
    throw new UsageError(`--path is for one of these collectors: ${Object.keys(PATH_COLLECTORS).join(', ')}`)
  }
  const ofAws = OF_AWS.find((flag) => flags[flag] !== undefined)
  if (ofAws) throw new UsageError(`--path reads files and asks nothing of AWS: leave --${dashed(ofAws)} out`)
  if (flags.export !== undefined && !NAME.test(flags.export)) {
    throw new UsageError(`--export ${flags.export}: expected a name of letters, digits, . _ and -`)
  }
  const settings = readSettings(flags, process.env)
  if (settings.clickhouseUrl !== undefined || settings.queueUrl !== undefined) {
    throw new UsageError(
      '--path is read by the database of this machine, and POLO_CLICKHOUSE_URL or POLO_QUEUE_URL names another: ' +
        'put the files into a bucket that polo.config.ts names, or unset the variable',
    )
  }
  const { direct = false } = flags
  if (direct && flags.backfill) throw new UsageError('--direct uses no queue, so --backfill excludes it')
  const directory = await checkDirectory(flags.path)
  const found = await find(directory, { name: flags.export, now: new Date() })
  return { ...found, collector, directory, to: { direct, backfill: !direct && (flags.backfill ?? true) } }
}

async function checkDirectory(path: string): Promise<string> {
  const directory = await realpath(resolve(path)).catch(() => undefined)
  if (directory === undefined) throw new UsageError(`--path ${path}: there is no such directory`)
  if (!(await stat(directory)).isDirectory()) {
    throw new UsageError(
      `--path ${path} is a file; name the directory that it is in: --path ${dirname(path)}`,
    )
  }
  if (PLAIN_KEY.test(directory)) return directory
  throw new UsageError(
    `--path ${directory}: the database takes some of its characters for a pattern; use a path of letters, digits and . _ - = : @ + ~ !`,
  )
}

function dashed(flag: string): string {
  return flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
