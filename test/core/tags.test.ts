import { resolveTags, TAG_FIELDS, type TagCascade, type TaggedParent, type Tags } from '@polo/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const CASCADE: TagCascade = {
  marqo_customer: ['marqo:customer', 'team'],
  marqo_cluster: ['cluster', { match: /^kubernetes\.io\/cluster\// }],
  marqo_env: ['env'],
}
const UNRESOLVED = {
  marqo_customer: '',
  marqo_cluster: '',
  marqo_index: '',
  marqo_env: '',
  marqo_purpose: '',
}

function parent(arn: string, tags: Tags, parents: readonly TaggedParent[] = []): TaggedParent {
  return { arn, tags, parents }
}

describe('resolveTags, from own tags', () => {
  it('takes the first key of the cascade, whatever the order of the tags', () => {
    const { fields } = resolveTags(CASCADE, { own: { team: 'search', 'marqo:customer': 'acme' } })
    expect(fields).toEqual({ ...UNRESOLVED, marqo_customer: 'acme' })
  })

  it('takes the next key where the first is missing', () => {
    expect(resolveTags(CASCADE, { own: { team: 'search' } }).fields.marqo_customer).toBe('search')
  })

  it('does not take an empty value for an answer', () => {
    const { fields } = resolveTags(CASCADE, { own: { 'marqo:customer': '', team: 'search' } })
    expect(fields.marqo_customer).toBe('search')
  })

  it('tells keys that differ in case apart', () => {
    expect(resolveTags(CASCADE, { own: { Team: 'search' } }).fields.marqo_customer).toBe('')
  })

  it('leaves a field without a cascade empty', () => {
    expect(resolveTags(CASCADE, { own: { index: 'i' } }).fields.marqo_index).toBe('')
  })

  it('says of no own tag that it was inherited', () => {
    expect(resolveTags(CASCADE, { own: { env: 'prod' } }).inheritedFrom).toEqual({})
  })
})

describe('resolveTags, by pattern', () => {
  it('takes the value of a key that matches', () => {
    const { fields } = resolveTags(CASCADE, { own: { 'kubernetes.io/cluster/blue': 'owned' } })
    expect(fields.marqo_cluster).toBe('owned')
  })

  it('takes the first key in alphabetical order, whatever the order of the tags', () => {
    const cascade = { marqo_env: [{ match: /^env/ }] }
    expect(resolveTags(cascade, { own: { env_b: 'b', env_a: 'a' } }).fields.marqo_env).toBe('a')
  })

  it('passes over a key whose value is empty', () => {
    const cascade = { marqo_env: [{ match: /^env/ }] }
    expect(resolveTags(cascade, { own: { env_a: '', env_b: 'b' } }).fields.marqo_env).toBe('b')
  })

  it.each(['g', 'y', 'gy'])('gives the same answer each time with the flag %s', (flags) => {
    const cascade = { marqo_env: [{ match: new RegExp('env', flags) }] }
    const answers = [1, 2, 3].map(() => resolveTags(cascade, { own: { env: 'prod' } }).fields.marqo_env)
    expect(answers).toEqual(['prod', 'prod', 'prod'])
  })
})

describe('resolveTags, from parents', () => {
  it('inherits what own tags do not say, and names the parent', () => {
    const parents = [parent('arn:instance', { team: 'search', env: 'dev' })]
    expect(resolveTags(CASCADE, { own: { env: 'prod' }, parents })).toEqual({
      fields: { ...UNRESOLVED, marqo_customer: 'search', marqo_env: 'prod' },
      inheritedFrom: { marqo_customer: 'arn:instance' },
    })
  })

  it('prefers an own key low in the cascade to a high one of a parent', () => {
    const parents = [parent('arn:instance', { 'marqo:customer': 'acme' })]
    expect(resolveTags(CASCADE, { own: { team: 'search' }, parents }).fields.marqo_customer).toBe('search')
  })

  it('asks the first parent first', () => {
    const parents = [parent('arn:first', { env: 'one' }), parent('arn:second', { env: 'two' })]
    expect(resolveTags(CASCADE, { own: {}, parents }).inheritedFrom.marqo_env).toBe('arn:first')
  })

  it('asks every parent before any grandparent', () => {
    const grandparent = parent('arn:grandparent', { env: 'old' })
    const parents = [parent('arn:first', {}, [grandparent]), parent('arn:second', { env: 'new' })]
    expect(resolveTags(CASCADE, { own: {}, parents }).inheritedFrom.marqo_env).toBe('arn:second')
  })

  it('may inherit each field from another generation', () => {
    const parents = [parent('arn:eni', { team: 'search' }, [parent('arn:instance', { env: 'prod' })])]
    expect(resolveTags(CASCADE, { own: {}, parents }).inheritedFrom).toEqual({
      marqo_customer: 'arn:eni',
      marqo_env: 'arn:instance',
    })
  })

  it('does not take an empty value of a parent for an answer', () => {
    const parents = [parent('arn:eni', { env: '' }, [parent('arn:instance', { env: 'prod' })])]
    expect(resolveTags(CASCADE, { own: {}, parents }).fields.marqo_env).toBe('prod')
  })

  it('ends where parents form a cycle', () => {
    const loop: TaggedParent[] = []
    const one = parent('arn:one', {}, loop)
    loop.push(parent('arn:other', {}, [one]), one)
    expect(resolveTags(CASCADE, { own: {}, parents: [one] }).fields).toEqual(UNRESOLVED)
  })

  it('asks each of many shared ancestors once', () => {
    let generation: TaggedParent[] = [parent('arn:root', { env: 'prod' })]
    for (let depth = 0; depth < 25; depth++) {
      generation = [parent(`arn:${depth}:left`, {}, generation), parent(`arn:${depth}:right`, {}, generation)]
    }
    expect(resolveTags(CASCADE, { own: {}, parents: generation }).inheritedFrom.marqo_env).toBe('arn:root')
  })
})

describe('resolveTags, from the account', () => {
  it('takes the default where neither own tags nor parents answer, and says so', () => {
    const sources = {
      own: { env: '' },
      parents: [parent('arn:eni', {})],
      accountDefaults: { marqo_env: 'prod' },
    }
    expect(resolveTags(CASCADE, sources)).toEqual({
      fields: { ...UNRESOLVED, marqo_env: 'prod' },
      inheritedFrom: { marqo_env: 'account' },
    })
  })

  it('prefers a parent to the default', () => {
    const parents = [parent('arn:eni', { env: 'dev' })]
    const sources = { own: {}, parents, accountDefaults: { marqo_env: 'prod' } }
    expect(resolveTags(CASCADE, sources).inheritedFrom).toEqual({ marqo_env: 'arn:eni' })
  })

  it('does not take an empty default for an answer', () => {
    const sources = { own: {}, accountDefaults: { marqo_env: '' } }
    expect(resolveTags(CASCADE, sources).inheritedFrom).toEqual({})
  })

  it('gives a default to a field without a cascade', () => {
    const sources = { own: {}, accountDefaults: { marqo_purpose: 'search' } }
    expect(resolveTags(CASCADE, sources).fields.marqo_purpose).toBe('search')
  })
})

describe('resolveTags, with keys that every object inherits', () => {
  const HARMLESS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

  it.each(HARMLESS)('finds nothing under %s where there is no such tag', (key) => {
    const cascade = { marqo_env: [key, 'env'] }
    expect(resolveTags(cascade, { own: { env: 'prod' } }).fields.marqo_env).toBe('prod')
  })

  it.each(HARMLESS)('finds a tag that is called %s', (key) => {
    const own: Tags = JSON.parse(`{"${key}":"prod"}`)
    expect(resolveTags({ marqo_env: [key] }, { own }).fields.marqo_env).toBe('prod')
    expect(resolveTags({ marqo_env: [{ match: /./ }] }, { own }).fields.marqo_env).toBe('prod')
  })
})

describe('resolveTags, whatever it is given', () => {
  const key = fc.constantFrom('env', 'team', 'cluster', '__proto__', 'constructor')
  const tags = fc.array(fc.tuple(key, fc.string())).map((entries): Tags => Object.fromEntries(entries))
  const sources = fc.record({
    own: tags,
    parents: fc.array(fc.record({ arn: fc.constant('arn:p'), tags, parents: fc.constant([]) })),
  })

  it('answers with a string for every field, and a source only for fields that have a value', () => {
    const cascade: TagCascade = Object.fromEntries(TAG_FIELDS.map((field) => [field, ['env', 'constructor']]))
    fc.assert(
      fc.property(sources, (given) => {
        const { fields, inheritedFrom } = resolveTags(cascade, given)
        expect(Object.keys(fields)).toEqual([...TAG_FIELDS])
        for (const field of TAG_FIELDS) {
          expect(typeof fields[field]).toBe('string')
          if (inheritedFrom[field]) expect(fields[field]).not.toBe('')
        }
      }),
    )
  })
})
