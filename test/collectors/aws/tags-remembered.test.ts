import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findChanges, rememberLook } from '../../../packages/collectors/src/aws/tags/compare-tags.ts'
import {
  packState,
  packTags,
  type RememberedTags,
  unpackState,
  unpackTags,
} from '../../../packages/collectors/src/aws/tags/remembered-tags.ts'

const SLOTS = ['2025-03-01T12:15:00.000Z', '2025-03-01T12:30:00.000Z', '2025-03-09T12:30:00.000Z'] as const

/** Few keys and ARNs, so that they meet; some as no one expects them. */
const Key = fc.constantFrom('team', 'env', 'a\tb', 'a\nb', '__proto__', '1', 'é', '"')
const AnyTags = fc
  .array(fc.tuple(Key, fc.constantFrom('', 'x', 'y\t\n')), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries))
const Arn = fc.constantFrom('arn:aws:ec2:r:1:instance/i-1', 'arn:aws:sqs:r:1:q', 'arn:aws:sns:r:1:a\tb\nc')
const Seen = fc
  .array(fc.tuple(Arn, AnyTags))
  .map((resources) => new Map(resources.map(([arn, tags]) => [arn, packTags(tags)])))
const Remembered = fc.tuple(Seen, fc.boolean(), fc.constantFrom(SLOTS[0], SLOTS[1])).map(
  ([seen, isBaseline, lastSeen]): RememberedTags => ({
    isBaseline,
    resources: new Map([...seen].map(([arn, tags]) => [arn, { tags, lastSeen }])),
  }),
)
const AnyLook = fc.record({ slot: fc.constantFrom(SLOTS[1], SLOTS[2]), seen: Seen, isWhole: fc.boolean() })

describe('remembered tags', () => {
  it('are packed the same in whatever order they come', () => {
    fc.assert(
      fc.property(AnyTags, (tags) => {
        const reversed = Object.fromEntries(Object.entries(tags).reverse())
        expect(packTags(reversed)).toBe(packTags(tags))
        expect(unpackTags(packTags(tags))).toEqual(tags)
      }),
    )
  })

  it('are the same after they were stored as JSON', () => {
    fc.assert(
      fc.property(Remembered, fc.constantFrom(...SLOTS), (remembered, slot) => {
        expect(unpackState(JSON.parse(JSON.stringify(packState(remembered, slot))))).toEqual(remembered)
      }),
    )
  })

  it('after a look say what it saw, so that the same look finds no change', () => {
    fc.assert(
      fc.property(Remembered, AnyLook, (remembered, look) => {
        const known = rememberLook(remembered, look)
        expect([...findChanges(known, look)]).toEqual([])
        for (const [arn, tags] of look.seen) {
          expect(known.resources.get(arn)).toEqual({ tags, lastSeen: look.slot })
        }
      }),
    )
  })

  it('lose nothing to a look that was not whole', () => {
    fc.assert(
      fc.property(Remembered, AnyLook, (remembered, look) => {
        const known = rememberLook(remembered, { ...look, isWhole: false })
        for (const arn of remembered.resources.keys()) expect(known.resources.has(arn)).toBe(true)
        expect(known.isBaseline).toBe(remembered.isBaseline)
      }),
    )
  })

  it('with the changes of a look give what it saw', () => {
    fc.assert(
      fc.property(Remembered, AnyLook, (remembered, look) => {
        const changes = new Map([...findChanges(remembered, look)].map((change) => [change.arn, change]))
        for (const [arn, packed] of look.seen) {
          const change = changes.get(arn)
          const known = remembered.resources.get(arn)
          if (change) {
            expect(packTags(change.tags)).toBe(packed)
            expect(change.before && packTags(change.before.tags)).toBe(known?.tags)
            expect(change.before?.tags).not.toEqual(change.tags)
          } else if (remembered.isBaseline) {
            expect(known?.tags ?? packTags({})).toBe(packed)
          }
        }
        expect([...changes.keys()].filter((arn) => !new Map<string, string>(look.seen).has(arn))).toEqual([])
      }),
    )
  })

  it.each([
    ['nothing', {}],
    ['another format', { v: 2, baseline: true, slot: SLOTS[0], lines: '' }],
    ['what is no zstd', { v: 1, baseline: true, slot: SLOTS[0], lines: 'bm8=' }],
  ])('cannot be read from %s', (_, state) => {
    expect(() => unpackState(state)).toThrow()
  })
})
