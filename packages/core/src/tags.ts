import { TAG_FIELDS, type TagField } from './event.ts'

/** A resource's own tags, key to value. */
export type Tags = Readonly<Record<string, string>>

/** A tag key, or a regular expression over tag keys. */
export type TagMatcher = string | { readonly match: RegExp }

/** Per owner field, the tag keys that may fill it, the most trusted first. */
export type TagCascade = Readonly<Partial<Record<TagField, readonly TagMatcher[]>>>

/** A resource that passes its tags on to what hangs on it (an instance to its volumes). */
export interface TaggedParent {
  readonly arn: string
  readonly tags: Tags
  readonly parents: readonly TaggedParent[]
}

export interface ResolvedTags {
  readonly fields: Readonly<Record<TagField, string>>
  /** For each field that was not filled from own tags: the ARN of the parent, or 'account' for the account's defaults. */
  readonly inheritedFrom: Readonly<Partial<Record<TagField, string>>>
}

export interface TagSources {
  readonly own: Tags
  /** Physical parents, the closest relation first. */
  readonly parents?: readonly TaggedParent[]
  readonly accountDefaults?: Readonly<Partial<Record<TagField, string>>>
}

/**
 * Fills each owner field from own tags, else from the parents generation by generation, else from the
 * account's defaults. An empty tag value does not count as an answer.
 */
export function resolveTags(cascade: TagCascade, sources: TagSources): ResolvedTags {
  const fields = emptyFields()
  const inheritedFrom: Partial<Record<TagField, string>> = {}
  for (const field of TAG_FIELDS) {
    const matchers = cascade[field] ?? []
    const own = findTag(sources.own, matchers)
    if (own) {
      fields[field] = own
      continue
    }
    const inherited = findInParents(sources.parents ?? [], matchers)
    const fallback = sources.accountDefaults?.[field]
    if (inherited) {
      fields[field] = inherited.value
      inheritedFrom[field] = inherited.arn
    } else if (fallback) {
      fields[field] = fallback
      inheritedFrom[field] = 'account'
    }
  }
  return { fields, inheritedFrom }
}

function findTag(tags: Tags, matchers: readonly TagMatcher[]): string {
  for (const matcher of matchers) {
    const key = typeof matcher === 'string' ? matcher : findKey(tags, matcher.match)
    if (key === undefined) continue
    const value = tags[key]
    if (value && Object.hasOwn(tags, key)) return value
  }
  return ''
}

/** `search`, unlike `test`, keeps no position between calls when the expression has the flag g or y. */
function findKey(tags: Tags, pattern: RegExp): string | undefined {
  return Object.keys(tags)
    .sort()
    .find((key) => tags[key] && key.search(pattern) !== -1)
}

function findInParents(
  parents: readonly TaggedParent[],
  matchers: readonly TagMatcher[],
): { value: string; arn: string } | undefined {
  if (parents.length === 0) return undefined
  const seen = new Set<TaggedParent>()
  for (let generation = new Set(parents); generation.size > 0; ) {
    for (const parent of generation) {
      seen.add(parent)
      const value = findTag(parent.tags, matchers)
      if (value) return { value, arn: parent.arn }
    }
    const next = [...generation].flatMap((parent) => parent.parents)
    generation = new Set(next.filter((parent) => !seen.has(parent)))
  }
  return undefined
}

function emptyFields(): Record<TagField, string> {
  return { marqo_customer: '', marqo_cluster: '', marqo_index: '', marqo_env: '', marqo_purpose: '' }
}
