import { expect, test } from 'vitest'
import { createStoringNotice } from '../../packages/cli/src/collect/storing-notice.ts'

function start() {
  const lines: string[] = []
  const shown: string[] = []
  const output = { progress: (text: string) => shown.push(text) }
  const notice = createStoringNotice({ total: 9, noun: 'rows', output, tell: (line) => lines.push(line) })
  return { notice, lines, shown }
}

test('says that it still waits when nothing has moved for as long as from one tick to the next', () => {
  const { notice, lines } = start()
  notice.moved(4, undefined)
  notice.tick()
  expect(lines).toEqual([])
  notice.tick()
  expect(lines).toEqual([expect.stringContaining('still waiting: 4 of 9 rows are stored')])
  for (const _ of [1, 2]) notice.tick()
  expect(lines).toHaveLength(1)
  notice.moved(5, undefined)
  notice.tick()
  expect(lines).toHaveLength(1)
})

test('tells each problem once, and shows it beside the progress', () => {
  const { notice, lines, shown } = start()
  notice.moved(0, 'the breaker is open')
  notice.moved(3, 'the breaker is open')
  expect(lines).toEqual(['not stored yet: the breaker is open'])
  expect(shown.at(-1)).toBe('storing: 3 of 9 rows (the breaker is open)')
})
