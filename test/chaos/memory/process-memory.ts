import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export const MEBIBYTE = 1024 ** 2

/** Memory of a process in bytes, as Linux counts it: what is resident now, and the most that ever was. */
export interface ProcessMemory {
  readonly resident: number
  readonly peak: number
}

/** Undefined when there is no such process any more. */
function readMemory(pid: number): ProcessMemory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return { resident: readKibibytes(status, 'VmRSS'), peak: readKibibytes(status, 'VmHWM') }
  } catch {
    return undefined
  }
}

function readKibibytes(status: string, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (value === undefined) throw new Error(`/proc says nothing of ${field}`)
  return Number(value) * 1024
}

/** Calls `take` every `everyMs` until stopped. */
export function sampleMemory(
  pid: number,
  everyMs: number,
  take: (memory: ProcessMemory | undefined) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      take(readMemory(pid))
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const ended = loop()
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}
