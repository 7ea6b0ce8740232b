import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

/** One named pipe, through which one query's result comes at a time. */
export interface ResultPipe {
  path: string
  /** Opens the reading end; `end` is to be called when the writer is done, and lets the stream end. */
  open(): { stream: Readable; end(): void }
}

/**
 * Makes named pipes in `directory`. The engine writes a result to one as if to a file, at the reader's
 * pace: its streaming API repeats the format's head in each chunk, and a file that hits a full disk is cut
 * short without an error.
 */
export async function makeResultPipes(directory: string, count: number): Promise<ResultPipe[]> {
  const paths = Array.from({ length: count }, (_, i) => join(directory, `result-${i}`))
  await promisify(execFile)('mkfifo', ['-m', '600', ...paths])
  return paths.map((path) => ({ path, open: () => openPipe(path) }))
}

function openPipe(path: string) {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  // A writing end of our own, so that the pipe is not at its end before the engine has opened it.
  const writerFd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const stream = new Socket({ fd, readable: true, writable: false })
  let open = true
  const end = () => {
    if (open) closeSync(writerFd)
    open = false
  }
  return { stream, end }
}
