import { chmod, mkdir, readdir } from 'node:fs/promises'

/** Makes a directory that only its owner enters, or makes one of ours so. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
}

/**
 * As `makePrivateDirectory`, but a directory that holds anything besides `ours` keeps its mode:
 * who names /tmp or a home must not find it closed to everybody else.
 */
export async function makePrivateUnlessShared(path: string, ours: ReadonlySet<string>): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const entries = await readdir(path)
  if (entries.every((entry) => ours.has(entry))) await chmod(path, 0o700)
}
