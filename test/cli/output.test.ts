import { describe, expect, test } from 'vitest'
import { renderTable } from '../../packages/cli/src/output/output.ts'
import { printableJson } from '../../packages/cli/src/output/printable.ts'

const lines = (text: string) => text.split('\n')

describe('renderTable', () => {
  test('lines columns up, numbers to the right and grouped by thousands', () => {
    const table = renderTable(
      ['name', 'rows'],
      [
        ['a', 7],
        ['long name', 1_234_567],
      ],
    )
    expect(lines(table)).toEqual([
      ' name              rows',
      ' a                    7',
      ' long name    1,234,567',
    ])
  })

  test('leaves text alone that only looks like a number', () => {
    expect(renderTable(['n'], [['18446744073709551615']], { isNumeric: [true] })).toContain(
      '18446744073709551615',
    )
  })

  test('stands columns to the right that are said to be numbers', () => {
    const table = renderTable(['n', 'm'], [['1', '1']], { isNumeric: [true, false] })
    expect(table).toBe(renderTable(['n', 'm'], [['1', '1']]))
    const wide = renderTable(['count', 'label'], [['1', '1']], { isNumeric: [true, false] })
    expect(lines(wide)[1]).toBe('     1    1')
  })

  test('has its head alone when there is nothing', () => {
    expect(renderTable(['a', 'b'], [])).toBe(' a    b')
  })

  test('ends no line in blanks', () => {
    const table = renderTable(
      ['a', 'b'],
      [
        ['x', ''],
        ['xx', 'yy'],
      ],
    )
    expect(lines(table).filter((line) => line !== line.trimEnd())).toEqual([])
  })
})

describe('printableJson', () => {
  test('escapes controls beyond those of JSON, means the same, and keeps its lines', () => {
    const value = { a: '\u009b2J\u007f\u001b', b: [1] }
    const json = printableJson(value, 2)
    expect(JSON.parse(json)).toEqual(value)
    expect(json).toContain('"\\u009b2J\\u007f\\u001b"')
    expect(lines(json)).toHaveLength(6)
  })
})
