import { FILE_READERS, type FileReader } from '@polo/collectors'

export function findReader(name: string): FileReader {
  const reader = FILE_READERS.find(({ collector }) => collector === name)
  if (!reader) throw new Error(`nothing reads files of ${name}`)
  return reader
}
