import { expect, test } from 'vitest'
import { shellWord } from '../../packages/cli/src/output/shell-word.ts'

test.each([
  ['.polo-mine', '.polo-mine'],
  ['/var/lib/polo', '/var/lib/polo'],
  ['my data', "'my data'"],
  ["/tmp/it's $HOME", "'/tmp/it'\\''s $HOME'"],
  ['', "''"],
])('types %j as %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
