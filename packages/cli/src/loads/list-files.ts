import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'

/** What a directory holds, by its paths from there, each in order. */
export interface ListedFiles {
  readonly files: readonly string[]
  /** Symbolic links, which are not followed: they may lead to what is counted already, or round in circles. */
  readonly links: readonly string[]
}

/**
 * Every file below a directory, but for hidden ones, which file systems and tools keep for themselves.
 * @throws UsageError where a directory may not be read
 */
export async function listFiles(directory: string): Promise<ListedFiles> {
  const files: string[] = []
  const links: string[] = []
  const list = async (folder: string) => {
    for (const entry of await readFolder(directory, folder)) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) await list(path)
      else if (entry.isFile()) files.push(path)
      else if (entry.isSymbolicLink()) links.push(path)
    }
  }
  await list('')
  return { files: files.sort(), links: links.sort() }
}

/** What tells people of links, if there are any. */
export function noteLinks(links: readonly string[]): string[] {
  const [first] = links
  if (first === undefined) return []
  return [
    links.length === 1
      ? `the symbolic link ${first} is not followed`
      : `${links.length} symbolic links, such as ${first}, are not followed`,
  ]
}

async function readFolder(directory: string, folder: string) {
  const path = join(directory, folder)
  return await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    // Removed since it was seen: a data directory may be in there, in which ClickHouse comes and goes.
    if (code === 'ENOENT') return []
    throw new UsageError(`--path ${directory}: ${path} cannot be read (${String(code)})`, { cause })
  })
}
