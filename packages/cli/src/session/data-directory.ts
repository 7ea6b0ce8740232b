import { access, constants, mkdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../errors.ts'

/** Less, and neither queue nor database could start. */
const MIN_FREE_BYTES = 16 * 1024 * 1024

/**
 * Makes the data directory, unless it is there.
 * @throws UsageError when it cannot be, is not writable, or has no room
 */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path)
    if (!(await stat(path)).isDirectory()) throw new Error('it is not a directory')
    await access(path, constants.W_OK)
    const { bavail, bsize } = await statfs(path)
    if (bavail * bsize < MIN_FREE_BYTES) throw new Error('its disk is full; make room on it')
  } catch (cause) {
    throw new UsageError(
      `the data directory ${path} cannot be used: ${describe(cause)}. Choose another with --data-dir or POLO_DATA_DIR.`,
      { cause },
    )
  }
}

/**
 * For commands that read what is there.
 * @throws UsageError where nothing is, or where it is somebody else's
 */
export async function requireData(path: string): Promise<void> {
  try {
    await stat(join(path, 'clickhouse'))
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UsageError(
        `there is no data in ${path} yet. Collect some first (polo collect --profile NAME for your own account, polo collect --sample for the sample estate), ` +
          'or name another directory with --data-dir.',
      )
    }
    throw new UsageError(
      `the data directory ${path} cannot be read (${String(code)}). It is private to the user who made it: be that one, or name another with --data-dir.`,
      { cause },
    )
  }
}

/** Node's own recursive mkdir never ends where a parent exists and takes no directory, as /proc does. */
async function makeWithParents(path: string): Promise<void> {
  const parent = dirname(path)
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT' || (await isThere(parent))) throw error
    await makeWithParents(parent)
    await mkdir(path)
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
