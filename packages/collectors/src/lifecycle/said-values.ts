/** A string within a request or an answer. */
export interface Said {
  /** What it stands under, in lower case: older calls write `volumeId`, newer ones `VolumeId` within a wrapper. */
  readonly key: string
  readonly text: string
  /** The object that it stands in. */
  readonly holder: object
}

/**
 * What is of other resources than those that a call acts on: who may reach a security group, where a listener or a rule leads to,
 * the groups of an interface.
 */
const ASIDE = new Set([
  'ippermissions',
  'unknownippermissionset',
  'securitygrouprule',
  'referencedgroupinfo',
  'groupset',
  'groups',
  'securitygroupset',
  'defaultactions',
  'actions',
])

/** Every string within a value, but those that are of other resources. */
export function saidIn(value: unknown, key = '', holder: object = {}): Said[] {
  if (typeof value === 'string') return [{ key, text: value, holder }]
  if (Array.isArray(value)) return value.flatMap((item) => saidIn(item, key, holder))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const lower = name.toLowerCase()
    // XML's list of single values: `"AllocationId": { "tag": 1, "content": "eipalloc-01" }`.
    if (lower === 'content') return saidIn(inner, key, value)
    return ASIDE.has(lower) ? [] : saidIn(inner, lower, value)
  })
}
