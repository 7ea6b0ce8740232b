import { combineOutcomes } from '@polo/collectors'
import { OUTCOMES, type Outcome } from '@polo/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test.each<[readonly Outcome[], Outcome]>([
  [['complete', 'complete'], 'complete'],
  [['complete', 'denied'], 'partial'],
  [['complete', 'partial'], 'partial'],
  [['partial', 'partial'], 'partial'],
  [['denied', 'denied'], 'denied'],
  [['denied', 'partial'], 'denied'],
  [['denied', 'throttled'], 'throttled'],
  [['throttled', 'failed'], 'failed'],
  [[], 'failed'],
])('%j comes to %s', (parts, outcome) => {
  expect(combineOutcomes(parts)).toBe(outcome)
})

test('is complete only when every part is', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1 }), (parts) => {
      expect(combineOutcomes(parts) === 'complete').toBe(parts.every((part) => part === 'complete'))
    }),
  )
})

test('does not depend on the order of the parts', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...OUTCOMES)), (parts) => {
      expect(combineOutcomes(parts.toReversed())).toBe(combineOutcomes(parts))
    }),
  )
})
