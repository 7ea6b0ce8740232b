import type { Tags } from '@polo/core'
import { packTags, type RememberedTags, type SeenResource, unpackTags } from './remembered-tags.ts'

/** What one slot saw in a region. */
export interface Look {
  readonly slot: string
  /** Packed tags by ARN. */
  readonly seen: ReadonlyMap<string, string>
  /** Whether it saw everything, so that what is not in it is not there. */
  readonly isWhole: boolean
}

/** A resource whose tags are not what they were when it was seen last. */
export interface TagChange {
  readonly arn: string
  /** Undefined where nothing was known of it: it is new, or never had a tag. */
  readonly before: { readonly tags: Tags; readonly lastSeen: string } | undefined
  readonly tags: Tags
}

const DAY_MS = 86_400_000
/**
 * What is gone is forgotten after a day: the API's answers are eventually consistent, and one that is missing for a
 * while has not lost and regained its tags.
 */
const REMEMBER_GONE_MS = DAY_MS
const NO_TAGS = packTags({})

/** Before the first complete look, what was not seen before is not new, so nothing is said of it. */
export function* findChanges({ isBaseline, resources }: RememberedTags, look: Look): Generator<TagChange> {
  for (const [arn, packed] of look.seen) {
    const known = resources.get(arn)
    if (known ? known.tags === packed : !isBaseline || packed === NO_TAGS) continue
    const before = known && { tags: unpackTags(known.tags), lastSeen: known.lastSeen }
    yield { arn, before, tags: unpackTags(packed) }
  }
}

/** What is known after a look. One that was not whole takes nothing away. */
export function rememberLook({ isBaseline, resources }: RememberedTags, look: Look): RememberedTags {
  const known = new Map<string, SeenResource>()
  for (const [arn, tags] of look.seen) known.set(arn, { tags, lastSeen: look.slot })
  for (const [arn, resource] of resources) {
    const goneMs = Date.parse(look.slot) - Date.parse(resource.lastSeen)
    const isForgotten = look.isWhole && goneMs >= REMEMBER_GONE_MS
    if (!known.has(arn) && !isForgotten) known.set(arn, resource)
  }
  return { isBaseline: isBaseline || look.isWhole, resources: known }
}
