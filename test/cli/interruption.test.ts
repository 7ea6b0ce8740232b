import { expect, test } from 'vitest'
import { countPresses } from '../../packages/cli/src/session/interruption.ts'

test('takes signals that come together for one press, and a later one for another', () => {
  const presses: number[] = []
  const interrupt = countPresses((count) => presses.push(count))
  // From the terminal, from npm and from the launcher.
  for (const atMs of [0, 2, 40]) interrupt(atMs)
  expect(presses).toEqual([1])
  interrupt(1_500)
  expect(presses).toEqual([1, 2])
})
