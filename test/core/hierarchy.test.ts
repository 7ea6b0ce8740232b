import { hierarchyNodes, parseConfig, placeOfAccount } from '@polo/core'
import { describe, expect, it } from 'vitest'

const CONFIG = parseConfig({
  organization: 'acme',
  accounts: {
    '111122223333': { name: 'web', role: 'production', tagDefaults: { marqo_env: 'prod' } },
    '444455556666': { role: 'development' },
    '777788889999': {},
  },
})

describe('placeOfAccount', () => {
  it('gives what the configuration says', () => {
    expect(placeOfAccount(CONFIG, '111122223333')).toEqual({
      name: 'web',
      role: 'production',
      tagDefaults: { marqo_env: 'prod' },
    })
  })

  it.each(['000000000000', '', 'constructor', '__proto__', 'toString'])(
    'gives an account that is not in it ("%s") no place',
    (id) => {
      expect(placeOfAccount(CONFIG, id)).toEqual({ name: '', role: '', tagDefaults: {} })
    },
  )
})

describe('hierarchyNodes', () => {
  it('gives the organisation, its roles and its accounts', () => {
    const nodes = hierarchyNodes(CONFIG).map(({ node_id, parent_id, name }) => [node_id, parent_id, name])
    expect(nodes).toEqual([
      ['organization', '', 'acme'],
      ['account_role:development', 'organization', 'development'],
      ['account_role:production', 'organization', 'production'],
      ['account:111122223333', 'account_role:production', 'web'],
      ['account:444455556666', 'account_role:development', '444455556666'],
      ['account:777788889999', 'organization', '777788889999'],
    ])
  })

  it('gives every parent before its children', () => {
    const ids = new Set([''])
    for (const { node_id, parent_id } of hierarchyNodes(CONFIG)) {
      expect(ids).toContain(parent_id)
      ids.add(node_id)
    }
  })

  it('gives the organisation alone where no account is configured', () => {
    expect(hierarchyNodes(parseConfig({}))).toHaveLength(1)
  })
})
