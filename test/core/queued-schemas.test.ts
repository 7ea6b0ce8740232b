import { findQueuedSchema, QUEUED_SCHEMAS } from '@polo/core'
import { describe, expect, it } from 'vitest'

describe('findQueuedSchema', () => {
  it.each(Object.keys(QUEUED_SCHEMAS))('finds %s by its name', (name) => {
    expect(findQueuedSchema(name)?.name).toBe(name)
  })

  it.each(['', 'resource_event', 'resource_event/2', 'constructor', '__proto__', 'toString'])(
    'does not find "%s"',
    (name) => {
      expect(findQueuedSchema(name)).toBeUndefined()
    },
  )
})

describe('queued schemas', () => {
  it('each name a table and columns of their own', () => {
    const schemas = Object.values(QUEUED_SCHEMAS)
    expect(new Set(schemas.map(({ table }) => table)).size).toBe(schemas.length)
    for (const { columns } of schemas) {
      expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length)
    }
  })

  it('steer Polo itself, all but what was observed', () => {
    const observed = Object.values(QUEUED_SCHEMAS).filter(({ control }) => !control)
    expect(observed.map(({ name }) => name)).toEqual([
      'resource_event/1',
      'aws_price/1',
      'resource_relationship/1',
    ])
  })
})
