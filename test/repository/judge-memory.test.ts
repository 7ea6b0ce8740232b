import { expect, it } from 'vitest'
import { judgeMemory } from '../chaos/memory/judge-memory.ts'
import { MEBIBYTE } from '../chaos/memory/process-memory.ts'

const ROWS = 6_000_000

/** Samples of a process that keeps so many bytes of each row, beside a heap that goes up and down. */
function samplesOf(bytesPerRow: number, heap = 140 * MEBIBYTE) {
  return Array.from({ length: 400 }, (_, index) => {
    const rows = (index * ROWS) / 400
    const resident = heap + (index % 7) * 4 * MEBIBYTE + rows * bytesPerRow
    return { rows, memory: { resident, peak: resident } }
  })
}

it('finds a leak of some bytes a row, and none in a heap that only goes up and down', () => {
  expect(judgeMemory(samplesOf(0), ROWS).complaints).toEqual([])
  expect(judgeMemory(samplesOf(16), ROWS).complaints).toEqual([
    'the last third is over 48 MiB above the first',
  ])
})

it('finds a heap that is too large', () => {
  expect(judgeMemory(samplesOf(0, 250 * MEBIBYTE), ROWS).complaints).toEqual(['the peak is over 256 MiB'])
})
