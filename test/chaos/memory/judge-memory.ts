import { MEBIBYTE, type ProcessMemory } from './process-memory.ts'

/** What a run promises of the ingester's memory. */
const CEILING_BYTES = 256 * MEBIBYTE
/**
 * What a flat run's medians may differ by: the allocator keeps steps of up to 35 MiB for a while, in a run of two as of
 * fourteen million rows. A leak grows with the rows; one of 16 bytes a row is over this when six million are stored.
 */
const MAX_GROWTH_BYTES = 48 * MEBIBYTE
/** Left out of the comparison, though never more than half: the heap is still finding its size. */
const WARM_UP_ROWS = 600_000

/** The ingester's memory when `rows` were stored. */
export interface MemorySample {
  readonly rows: number
  readonly memory: ProcessMemory
}

export interface MemoryVerdict {
  readonly peak: number
  /** Medians of what was resident during the first and the last third of the rows, the warm-up left out. */
  readonly firstThird: number
  readonly lastThird: number
  /** From the first third to the last, in bytes. */
  readonly growth: number
  readonly complaints: readonly string[]
}

/** Compares thirds of the rows and not of the time, so that a slow start weighs no more than it should. */
export function judgeMemory(samples: readonly MemorySample[], rows: number): MemoryVerdict {
  const warmUp = Math.min(WARM_UP_ROWS, rows / 2)
  const third = (rows - warmUp) / 3
  const firstThird = residentBetween(samples, warmUp, warmUp + third)
  const lastThird = residentBetween(samples, rows - third, rows)
  const peak = Math.max(...samples.map(({ memory }) => memory.peak))
  const growth = lastThird - firstThird
  const complaints = [
    ...(peak <= CEILING_BYTES ? [] : [`the peak is over ${CEILING_BYTES / MEBIBYTE} MiB`]),
    ...(growth <= MAX_GROWTH_BYTES
      ? []
      : [`the last third is over ${MAX_GROWTH_BYTES / MEBIBYTE} MiB above the first`]),
  ]
  return { peak, firstThird, lastThird, growth, complaints }
}

function residentBetween(samples: readonly MemorySample[], from: number, to: number): number {
  const resident = samples
    .filter(({ rows }) => rows >= from && rows < to)
    .map(({ memory }) => memory.resident)
    .sort((a, b) => a - b)
  const median = resident[resident.length >> 1]
  if (median === undefined) throw new Error('too few samples: run more events')
  return median
}
