import {
  paginateGetResources,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api'
import { describeError } from '../classify-failure.ts'
import { type CollectContext, defineCollector, type Observation } from '../collector.ts'
import { UnexpectedAnswerError } from '../errors.ts'
import { SCHEDULES } from '../schedules.ts'
import { readTags } from './answer-lists.ts'
import { findChanges, rememberLook } from './tags/compare-tags.ts'
import { observeChange, TAGGED_RESOURCE } from './tags/observe-change.ts'
import { packState, packTags, type RememberedTags, unpackState } from './tags/remembered-tags.ts'

const CLIENTS = { tagging: ResourceGroupsTaggingAPIClient }
type TaggingContext = CollectContext<typeof CLIENTS>

const NOTHING: RememberedTags = { isBaseline: false, resources: new Map() }

export const tags = defineCollector({
  name: 'tags',
  description: 'Changes of tags, of all resources that have or had one',
  scope: 'account',
  schedule: SCHEDULES.inventory,
  resourceTypes: {},
  otherTypes: TAGGED_RESOURCE,
  permissions: ['tag:GetResources'],
  remembers: true,
  // 50,000 resources of ten tags each took 400 MB of heap.
  memoryMb: 1_024,
  clients: CLIENTS,
  sources: { changes: collectChanges },
})

/**
 * Says what differs from what was seen before, and remembers what is. Changes are told when all pages are read, so that
 * a run that is stopped while it reads says nothing, and the next one everything. One that is stopped while it tells the
 * changes has its next slot tell them again: twice is better than never.
 */
async function* collectChanges(context: TaggingContext): AsyncGenerator<Observation> {
  const slot = context.slot.toISOString()
  const remembered = await recall(context)
  const reading: Reading = { seen: new Map(), listed: 0, read: 0, failure: undefined }
  yield* readPages(context, reading)
  const { seen, listed, read, failure } = reading
  if (failure && seen.size === 0) throw failure.error
  const look = { slot, seen, isWhole: !failure && read === listed }
  const changes = [...findChanges(remembered, look)]
  yield* context.each({ changes }, 'changes', (change) => observeChange(context, change))
  const known = rememberLook(remembered, look)
  if (!isIdle(remembered) || !isIdle(known)) context.state.write(packState(known, slot))
  if (!remembered.isBaseline) context.note(describeBaseline(known))
  if (failure) throw failure.error
}

/** Most regions of most accounts have nothing, and each object that is written costs something. */
function isIdle({ isBaseline, resources }: RememberedTags): boolean {
  return isBaseline && resources.size === 0
}

/** What could not be read is begun anew, rather than never told of again. */
async function recall(context: TaggingContext): Promise<RememberedTags> {
  const state = await context.state.read()
  if (state === undefined) return NOTHING
  try {
    return unpackState(state)
  } catch (error) {
    context.note(`the tags that were remembered cannot be read, and are forgotten: ${describeError(error)}`)
    return NOTHING
  }
}

interface Reading {
  readonly seen: Map<string, string>
  listed: number
  read: number
  failure: { readonly error: unknown } | undefined
}

/** Yields nothing: what cannot be read is rejected by name, and what ends the reading is kept for later. */
async function* readPages(context: TaggingContext, reading: Reading): AsyncGenerator<Observation> {
  const paging = { client: context.clients.tagging, pageSize: 100 }
  try {
    for await (const page of paginateGetResources(paging, {}, { abortSignal: context.signal })) {
      reading.listed += page.ResourceTagMappingList?.length ?? 0
      yield* context.each(page, 'ResourceTagMappingList', ({ ResourceARN, Tags }) => {
        if (!ResourceARN) throw new UnexpectedAnswerError('it has no ARN')
        reading.seen.set(ResourceARN, packTags(readTags(Tags)))
        reading.read++
        return []
      })
    }
  } catch (error) {
    if (context.signal.aborted) throw error
    reading.failure = { error }
  }
}

/** Begins the note of a look that has nothing to compare with. */
export const FIRST_LOOK = 'first complete look'

function describeBaseline({ isBaseline, resources }: RememberedTags): string {
  return isBaseline
    ? `${FIRST_LOOK}: the tags of ${resources.size} resources are known, and changes are told from here on`
    : `no complete look yet: the tags of ${resources.size} resources are known, and only theirs are compared`
}
