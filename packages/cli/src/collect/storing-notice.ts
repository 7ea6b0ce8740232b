import { maskSecrets } from '../output/mask-secrets.ts'
import type { Output } from '../output/output.ts'
import { escapeUnprintable } from '../output/printable.ts'

const QUIET_MS = 20_000

/** Tells people who wait until everything is stored how that goes. */
export interface StoringNotice {
  /** Something has changed: so many are accounted for, and what is in the way, if that is known. */
  moved(rows: number, problem: string | undefined): void
  /** Called from time to time: says that it still waits where nothing has changed since the last call. */
  tick(): void
}

export interface StoringNoticeOptions {
  /** How many there will be. */
  readonly total: number
  /** What is stored: `rows`. */
  readonly noun: string
  readonly output: Pick<Output, 'progress'>
  readonly tell: (line: string) => void
}

/** Tells each problem once, for who has no terminal. */
export function createStoringNotice({ total, noun, output, tell }: StoringNoticeOptions): StoringNotice {
  const noted = new Set<string>()
  let quietTicks = 0
  let stored = 0
  return {
    moved(rows, problem) {
      quietTicks = 0
      stored = rows
      const why = problem && escapeUnprintable(maskSecrets(problem, {}))
      if (why && !noted.has(why)) {
        noted.add(why)
        tell(`not stored yet: ${why}`)
      }
      output.progress(`storing: ${rows} of ${total} ${noun}${why ? ` (${why})` : ''}`)
    },
    tick() {
      // After the first, once a minute.
      if (quietTicks % 3 === 1) tell(`still waiting: ${stored} of ${total} ${noun} are stored. ${COMES_BACK}`)
      quietTicks++
    },
  }
}

/** As long as the queue hides messages from others. */
const COMES_BACK = 'What the ingester could not store comes back from the queue within 3 minutes.'

/** Calls `tick` from time to time until it is told to stop. */
export function startTicking(tick: () => void): () => void {
  const timer = setInterval(tick, QUIET_MS)
  return () => clearInterval(timer)
}

/** A line on stderr, in place of the progress. */
export function tellOn(output: Output): (line: string) => void {
  return (line) => {
    output.clearProgress()
    process.stderr.write(`polo: ${line}\n`)
  }
}
