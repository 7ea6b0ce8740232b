import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonPart, splitJson } from '../../../packages/collectors/src/files/split-json.ts'

const listKeys = new Set(['Records'])

async function split(text: string, { chunk = 7, maxItemBytes = 1_000_000 } = {}): Promise<JsonPart[]> {
  const bytes = Buffer.from(text)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
  }
  return Array.fromAsync(splitJson(chunks(), { listKeys, maxItemBytes }))
}

/** The items' values, and the errors with their lines. */
async function valuesOf(text: string, options = {}): Promise<unknown[]> {
  const parts = await split(text, options)
  return parts.map((part) => ('text' in part ? JSON.parse(part.text) : `${part.line}: ${part.error}`))
}

describe('splitJson', () => {
  it.each([
    ['one object', '{"a":1}', [{ a: 1 }]],
    ['a list', '[{"a":1},{"a":[{"b":2}]}]', [{ a: 1 }, { a: [{ b: 2 }] }]],
    ["an object's list", '{"Records":[{"a":1},{"a":2}]}', [{ a: 1 }, { a: 2 }]],
    [
      'a list that is not the first in its object',
      '{"v":{"Records":[1]},"n":[0],"Records":[{"a":1}],"x":2}',
      [{ a: 1 }],
    ],
    ['lines', '{"a":1}\n{"a":2}\r\n\n{"a":3}', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['lists in lines', '{"Records":[{"a":1}]}\n{"Records":[{"a":2}]}', [{ a: 1 }, { a: 2 }]],
    ['values one after the other', '{"a":1}{"a":2} [{"a":3}]', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    [
      'what is written over many lines',
      JSON.stringify({ Records: [{ a: { b: [1, 2] } }] }, null, 2),
      [{ a: { b: [1, 2] } }],
    ],
    ['a list under another key', '{"Other":[{"a":1}]}', [{ Other: [{ a: 1 }] }]],
    ['brackets and quotes in strings', '[{"a":"}]{[\\"\\\\"},{"b":"\\\\"}]', [{ a: '}]{["\\' }, { b: '\\' }]],
    ['an empty list', '{"Records":[]}', []],
    ['an empty list alone', '[]', []],
    ['nothing', ' \n', []],
    ['a byte order mark', '\uFEFF{"a":"é"}', [{ a: 'é' }]],
  ])('cuts %s', async (_, text, expected) => {
    expect(await valuesOf(text)).toEqual(expected)
    expect(await valuesOf(text, { chunk: 1 })).toEqual(expected)
  })

  it.each([
    ['no JSON', 'hello\nworld', ['1: neither an object nor a list', '2: neither an object nor a list']],
    ['a line that is cut off', '{"a":1}\n{"a":{"b":1\n{"a":3}', [{ a: 1 }, '2: it is cut off', { a: 3 }]],
    [
      'a line that is cut off within a string',
      '{"a":1}\n{"a":"x\n{"a":3}',
      [{ a: 1 }, '2: a line ends within a string', { a: 3 }],
    ],
    ['a file that is cut off', '{"Records":[{"a":1},{"a"', [{ a: 1 }, '1: the file ends within it']],
    ['a list that is cut off', '{"Records":[{"a":1},', [{ a: 1 }, '1: the file ends before its list does']],
    ['what does not match', '{"a":1]}\n{"a":2}', ['1: brackets do not match', { a: 2 }]],
    ['what is closed and was not opened', '}\n{"a":2}', ['1: brackets do not match', { a: 2 }]],
    [
      'a number in a list',
      '[{"a":1},\n7,\n{"a":2}]',
      [{ a: 1 }, '2: neither an object nor a list', { a: 2 }],
    ],
    ['a lost comma', '[{"a":1}{"b":2},\n{"a":3}]', [{ a: 1 }, '1: brackets do not match', { a: 3 }]],
  ])('names %s by its line, and goes on', async (_, text, expected) => {
    expect(await valuesOf(text)).toEqual(expected)
  })

  it('names an item that is too large, and reads those around it', async () => {
    const text = `[{"a":1},{"a":"${'x'.repeat(500)}"},{"a":3}]`
    expect(await valuesOf(text, { maxItemBytes: 100 })).toEqual([
      { a: 1 },
      '1: it has more than 100 bytes',
      { a: 3 },
    ])
  })

  it('finds the list of an object whose other parts are too large to keep', async () => {
    const text = `{"other":["${'x'.repeat(500)}","${'y'.repeat(500)}"],"Records":[{"a":1}]}`
    const values = await valuesOf(text, { maxItemBytes: 100 })
    expect(values.at(-1)).toEqual({ a: 1 })
  })

  it('gives back any objects, however they are written down and wherever the chunks end', async () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 })
    const written = fc.constantFrom(
      (items: object[]) => JSON.stringify(items),
      (items: object[]) => JSON.stringify(items, null, 2),
      (items: object[]) => JSON.stringify({ v: 1, Records: items }),
      (items: object[]) => JSON.stringify({ Records: items, after: '[{' }, null, '\t'),
    )
    await fc.assert(
      fc.asyncProperty(objects, written, fc.integer({ min: 1, max: 40 }), async (items, write, chunk) => {
        const text = write(items)
        expect(await valuesOf(text, { chunk })).toEqual(items.map((item) => JSON.parse(JSON.stringify(item))))
      }),
    )
  })

  it('reads every line that is whole, whatever the others were cut to', async () => {
    const line = fc.record({ a: fc.jsonValue(), b: fc.string() }).map((value) => JSON.stringify(value))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.nat(), fc.nat(), async (lines, which, at) => {
        const index = which % lines.length
        const broken = lines.map((text, position) =>
          position === index ? text.slice(0, 1 + (at % (text.length - 1))) : text,
        )
        const values = await valuesOf(broken.join('\n'))
        const whole = lines.filter((_, position) => position !== index).map((text) => JSON.parse(text))
        // What follows right after a cut may be taken for its end, and is no more than that one line.
        const read = values.filter((value) => typeof value === 'object')
        expect(read.length).toBeGreaterThanOrEqual(whole.length - 1)
        for (const value of read) expect(whole).toContainEqual(value)
        expect(values.length).toBeGreaterThan(0)
        expect(read.length === lines.length).toBe(false)
      }),
    )
  })
})
