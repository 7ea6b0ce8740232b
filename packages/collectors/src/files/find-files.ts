import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingFileError } from './errors.ts'

/** What is read of a directory; a file that is named itself is read whatever it is called. */
export interface FileKinds {
  /** The ends that their names have, in lower case. */
  readonly ends: readonly string[]
  /** Told of each file of a directory that has another. */
  readonly onOther: (path: string) => void
}

/**
 * The files of these paths, those of directories and of the directories in them in the order of their names.
 * @throws MissingFileError for a path where nothing is, or that may not be read
 */
export async function* findFiles(paths: readonly string[], kinds: FileKinds): AsyncGenerator<string> {
  for (const path of paths) {
    if (await isDirectory(path)) yield* filesIn(path, kinds)
    else yield path
  }
}

/** @throws MissingFileError for the first of the paths where nothing is, or that may not be read */
export async function checkPaths(paths: readonly string[]): Promise<void> {
  for (const path of paths) await isDirectory(path)
}

async function* filesIn(directory: string, kinds: FileKinds): AsyncGenerator<string> {
  for (const { name, isFolder } of await entriesOf(directory)) {
    const path = join(directory, name)
    if (isFolder) yield* filesIn(path, kinds)
    else if (kinds.ends.some((end) => name.toLowerCase().endsWith(end))) yield path
    else kinds.onOther(path)
  }
}

/** Hidden ones are what file systems and tools keep for themselves. */
async function entriesOf(directory: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries: { name: string; isFolder: boolean }[] = []
  const opened = await opendir(directory).catch((cause: unknown) => {
    throw missing(directory, cause)
  })
  for await (const entry of opened) {
    if (!entry.name.startsWith('.')) entries.push({ name: entry.name, isFolder: entry.isDirectory() })
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw missing(path, cause)
  }
}

function missing(path: string, cause: unknown): MissingFileError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const reason =
    code === 'ENOENT' ? 'there is no such file or directory' : `it cannot be read (${String(code)})`
  return new MissingFileError(`${path}: ${reason}`, { cause })
}
