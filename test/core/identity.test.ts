import { hash } from 'node:crypto'
import { deterministicId, type EventIdentity, eventId, uuidV5 } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const DNS = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex')
const URL = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

const parts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 6 })

function identity(overrides: Partial<EventIdentity> = {}): EventIdentity {
  return {
    collector: 'config_ec2',
    aws_account_id: '111122223333',
    aws_region: 'eu-west-1',
    resource_arn: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
    resource_id: 'i-0abc',
    event_type: 'config',
    event_action: 'observed',
    event_time: '2026-03-01T00:15:00.000Z',
    ...overrides,
  }
}

describe('uuidV5', () => {
  it('gives the test vector of RFC 9562, appendix A.4', () => {
    expect(uuidV5('www.example.com', DNS)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
  })

  it.each([
    ['python.org', DNS, '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
    ['http://python.org/', URL, '4c565f0d-3f5a-5890-b41b-20cf47701c5e'],
  ])('gives what other implementations give for %s', (name, namespace, uuid) => {
    expect(uuidV5(name, namespace)).toBe(uuid)
  })
})

describe('deterministicId', () => {
  it('is a UUID of version 5 and variant 10', () => {
    fc.assert(
      fc.property(parts, (strings) => {
        expect(deterministicId(...strings)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
      }),
    )
  })

  it('gives the same id for the same parts', () => {
    fc.assert(
      fc.property(parts, (strings) => {
        expect(deterministicId(...strings)).toBe(deterministicId(...structuredClone(strings)))
      }),
    )
  })

  it('gives different ids for different parts', () => {
    fc.assert(
      fc.property(parts, parts, (some, others) => {
        fc.pre(JSON.stringify(some) !== JSON.stringify(others))
        return deterministicId(...some) !== deterministicId(...others)
      }),
    )
  })

  it('gives different ids wherever the same characters are split', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.nat(), (text, a, b) => {
        const [one, other] = [a % (text.length + 1), b % (text.length + 1)]
        fc.pre(one !== other)
        const split = (at: number) => deterministicId(text.slice(0, at), text.slice(at))
        return split(one) !== split(other)
      }),
    )
  })

  it.each([
    [
      ['a', 'bc'],
      ['ab', 'c'],
    ],
    [['a', 'b'], ['a","b']],
    [['a'], ['a', '']],
    [[], ['']],
  ])('tells %j from %j', (some, others) => {
    expect(deterministicId(...some)).not.toBe(deterministicId(...others))
  })

  it('never changes from one release to the next', () => {
    expect(deterministicId('config_ec2', '111122223333')).toBe('e1dcbba2-1fea-5217-8542-88d74be67d8a')
  })
})

describe('eventId', () => {
  it('never changes from one release to the next', () => {
    expect(eventId(identity())).toBe('16ee2c16-54f5-53f9-9e66-f2a14d854ac7')
  })

  it.each([
    'collector',
    'aws_account_id',
    'aws_region',
    'resource_arn',
    'event_type',
    'event_action',
    'event_time',
    'discriminator',
  ])('differs when %s differs', (field) => {
    expect(eventId({ ...identity(), [field]: 'another' })).not.toBe(eventId(identity()))
  })

  it('comes from the ARN where there is one, whatever the id', () => {
    expect(eventId(identity({ resource_id: 'another' }))).toBe(eventId(identity()))
  })

  it('comes from the id where there is no ARN', () => {
    const one = eventId(identity({ resource_arn: '', resource_id: 'one' }))
    expect(eventId(identity({ resource_arn: '', resource_id: 'other' }))).not.toBe(one)
  })

  it('takes no discriminator for an empty one', () => {
    expect(eventId(identity({ discriminator: '' }))).toBe(eventId(identity({ discriminator: undefined })))
  })

  it('is the UUIDv5 of its parts as a JSON list, whichever events came before and however long they are', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'a', '"', '\ud83d', 'é'.repeat(700), 'x'.repeat(5_000)),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, text)), (list) => {
        for (const [collector, resource_arn, discriminator] of list) {
          const event = identity({ collector, resource_arn, discriminator })
          const { aws_account_id, aws_region, resource_id, event_type, event_action, event_time } = event
          const where = [collector, aws_account_id, aws_region, resource_arn || resource_id]
          const name = JSON.stringify([...where, event_type, event_action, event_time, discriminator])
          const namespace = Buffer.from('6f1d6a5e3a0b5c1e9d570b1f6c2a7e48', 'hex')
          const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'buffer').subarray(0, 16)
          digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50
          digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
          expect(eventId(event).replaceAll('-', '')).toBe(digest.toString('hex'))
        }
      }),
    )
  })
})
