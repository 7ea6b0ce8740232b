import { parseEvent, ResourceEvent } from '@polo/core'
import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { isWholeEvent } from '../../packages/core/src/parse-event.ts'
import { minimalEvent } from './factories.ts'
import { ROWS } from './native/arbitrary-rows.ts'

const strange = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    new Date(0),
  ),
  fc.constantFrom<unknown>(
    new Map(),
    Object.create({ a: 'b' }),
    Object.create(null),
    { a: 1 },
    { a: undefined },
  ),
  fc.constantFrom('00000000-0000-0000-0000-000000000000', '886313e1-3b8a-9372-9b90-0c9aee199e5d', 'config'),
  fc.constantFrom('2026-02-30T00:00:00.000Z', '2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000+01:00'),
  fc.string(),
  fc.anything(),
)
const names = fc.constantFrom(...Object.keys(ResourceEvent.shape), 'another', '__proto__', 'toString')

test('what the fast check lets pass, the schema gives back unchanged', () => {
  const changes = fc.array(fc.tuple(names, strange), { maxLength: 2 })
  fc.assert(
    fc.property(ROWS['resource_event/1'], changes, (row, changed) => {
      const { ...input } = row
      for (const [name, value] of changed)
        Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true })
      const result = ResourceEvent.safeParse(input)
      if (isWholeEvent(input)) expect(result).toEqual({ success: true, data: input })
      if (result.success) expect(parseEvent(input)).toEqual(result.data)
      else expect(() => parseEvent(input)).toThrow(result.error)
    }),
    { numRuns: 2_000 },
  )
})

it('lets a whole event pass as it is', () => {
  const event = ResourceEvent.parse(minimalEvent())
  expect(isWholeEvent(event)).toBe(true)
  expect(parseEvent(event)).toBe(event)
})

it('fills in the defaults', () => {
  expect(parseEvent(minimalEvent())).toEqual(ResourceEvent.parse(minimalEvent()))
})

it.each(Object.keys(ResourceEvent.shape))('refuses an event that is whole but for %s', (name) => {
  const event = ResourceEvent.parse(minimalEvent())
  expect(() => parseEvent({ ...event, [name]: null })).toThrow(name)
})

it('does not take a second time for the first', () => {
  const event = ResourceEvent.parse(minimalEvent())
  parseEvent(event)
  expect(() => parseEvent({ ...event, event_time: `${event.event_time} ` })).toThrow('event_time')
  expect(() => parseEvent({ ...event, observed_at: 'now' })).toThrow('observed_at')
})
