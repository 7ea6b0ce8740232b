import type { Tags } from '@polo/core'

/** XML's lists become one object where they have one item, and carry attributes beside their items. */
const LIST_KEYS = ['items', 'item', 'Tag', 'tag', 'member']

/** Tags of `[{ key, value }]` in any of the forms in which CloudTrail writes them; what is none is left out. */
export function readTagList(value: unknown): Tags {
  return Object.fromEntries(pairsIn(value))
}

/** Keys of `['a']` or `[{ key }]`. */
export function readTagKeys(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(readTagKeys)
  return pairsIn(value).map(([key]) => key)
}

/** A field of what may be no object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** The tags that a request gives to what it creates, by the type of resource that they are for: `instance`, `elastic-ip`. */
export function requestedTags(request: unknown): ReadonlyMap<string, Tags> {
  const found = new Map<string, Tags>()
  for (const specification of specificationsIn(request)) {
    const type = text(field(specification, 'resourceType'))
    const tags = field(specification, 'tags') ?? field(specification, 'tag')
    if (type) found.set(type, { ...found.get(type), ...readTagList(tags) })
  }
  return found
}

function specificationsIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap(specificationsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    if (/^tagspecification(?:set)?$/i.test(name)) return listIn(inner)
    return specificationsIn(inner)
  })
}

function listIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap(listIn)
  if (typeof value !== 'object' || value === null) return []
  const inner = LIST_KEYS.map((key) => Reflect.get(value, key)).find((list) => typeof list === 'object')
  return inner === undefined || field(value, 'resourceType') !== undefined ? [value] : listIn(inner)
}

function pairsIn(value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap(pairsIn)
  if (typeof value !== 'object' || value === null) return []
  const key = text(field(value, 'key'))
  if (key !== undefined) return [[key, text(field(value, 'value')) ?? '']]
  return LIST_KEYS.flatMap((name) => pairsIn(Reflect.get(value, name)))
}

/** A field by its name in whatever case: newer calls begin names with a capital letter. */
function field(holder: object, name: string): unknown {
  const lower = name.toLowerCase()
  const entry = Object.entries(holder).find(
    ([key, value]) => key.toLowerCase() === lower && value !== undefined && !isIndex(key, value),
  )
  return entry?.[1]
}

/** `"tag": 1` beside `"Tag": […]` is the item's number in XML. */
function isIndex(key: string, value: unknown): boolean {
  return key === 'tag' && typeof value === 'number'
}

/** The text of a single value: `true` of a tag was the text "true" before CloudTrail made JSON of it. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined
}
