import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api'
import type { ObjectStore } from '@polo/collectors'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { tags } from '../../../packages/collectors/src/aws/tags.ts'
import { awsError, collect, makeEvent, memoryStore, recordedAnswer, SLOT } from '../harness.ts'

const tagging = mockClient(ResourceGroupsTaggingAPIClient)
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)
const INSTANCE = 'arn:aws:ec2:us-east-1:644160558196:instance/i-0a1'
const VOLUME = 'arn:aws:ec2:us-east-1:644160558196:volume/vol-0a1'
const FUNCTION = 'arn:aws:lambda:us-east-1:644160558196:function:index'
const HOUR_MS = 3_600_000

type TagsByArn = Readonly<Record<string, Readonly<Record<string, string>>>>

let state: ObjectStore

beforeEach(() => {
  tagging.reset()
  state = memoryStore()
})

/** One run in a slot so many hours from the first, in which AWS answers with these pages; an error ends them. */
async function look(hours: number, ...pages: (TagsByArn | Error)[]) {
  tagging.reset()
  for (const [index, page] of pages.entries()) {
    const call = tagging.on(GetResourcesCommand, {
      ResourcesPerPage: 100,
      ...(index === 0 ? {} : { PaginationToken: `page-${index}` }),
    })
    if (page instanceof Error) call.rejects(page)
    else
      call.resolves({
        PaginationToken: index === pages.length - 1 ? '' : `page-${index + 1}`,
        ResourceTagMappingList: mappings(page),
      })
  }
  return collect(tags, { state, slot: at(hours) })
}

function mappings(page: TagsByArn): ResourceTagMapping[] {
  return Object.entries(page).map(([ResourceARN, own]) => ({
    ResourceARN,
    Tags: Object.entries(own).map(([Key, Value]) => ({ Key, Value })),
  }))
}

function at(hours: number): Date {
  return new Date(SLOT.getTime() + hours * HOUR_MS)
}

describe('tags', () => {
  it('tells nothing at the first look, and says how many resources it knows', async () => {
    const { events, run } = await look(0, { [INSTANCE]: { team: 'data' } }, { [VOLUME]: {} })

    expect(events).toEqual([])
    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(run.notes).toEqual([expect.stringContaining('first complete look: the tags of 2 resources')])
  })

  it('tells what was added, changed and removed, with the old values, and the owner by the new tags', async () => {
    await look(0, { [VOLUME]: {} }, { [INSTANCE]: { team: 'data', env: 'dev', ttl: '1d', keep: 'yes' } })

    const { events, run } = await look(
      0.25,
      { [VOLUME]: {} },
      { [INSTANCE]: { team: 'search', keep: 'yes', env: '', Name: 'web' } },
    )

    expect(run).toMatchObject({ status: 'complete', notes: [] })
    expect(events).toEqual([
      makeEvent({
        collector: 'tags',
        event_time: at(0.25).toISOString(),
        event_type: 'tag_change',
        event_action: 'changed',
        resource_type: 'ec2:instance',
        resource_id: 'i-0a1',
        resource_arn: INSTANCE,
        resource_name: 'web',
        marqo_customer: 'search',
        properties: {
          added_keys: 'Name',
          changed_keys: 'env,team',
          removed_keys: 'ttl',
          last_seen: SLOT.toISOString(),
          'old_tag:env': 'dev',
          'old_tag:team': 'data',
          'old_tag:ttl': '1d',
          'tag:Name': 'web',
          'tag:env': '',
          'tag:keep': 'yes',
          'tag:team': 'search',
        },
      }),
    ])
  })

  it('tells nothing while nothing changes, in whatever order tags and resources come', async () => {
    await look(0, { [INSTANCE]: { a: '1', b: '2' }, [VOLUME]: { c: '3' } })

    const { events } = await look(0.25, { [VOLUME]: { c: '3' } }, { [INSTANCE]: { b: '2', a: '1' } })

    expect(events).toEqual([])
  })

  it('tells of a resource once that two pages have, by the later one', async () => {
    await look(0, { [INSTANCE]: { a: '1' } })

    const { events } = await look(0.25, { [INSTANCE]: { a: '2' } }, { [INSTANCE]: { a: '3' } })

    expect(events.map(({ properties }) => properties['tag:a'])).toEqual(['3'])
  })

  it('tells of a resource that it sees for the first time, if it has tags', async () => {
    await look(0, {})

    const { events } = await look(0.25, { [INSTANCE]: { team: 'data' }, [VOLUME]: {} })

    expect(events.map(({ resource_id, properties }) => [resource_id, properties])).toEqual([
      ['i-0a1', { added_keys: 'team', 'tag:team': 'data' }],
    ])
  })

  it('tells of a resource that lost its last tag', async () => {
    await look(0, { [INSTANCE]: { team: 'data' } })

    const { events } = await look(0.25, { [INSTANCE]: {} })

    expect(events).toMatchObject([
      {
        resource_id: 'i-0a1',
        marqo_customer: '',
        properties: { removed_keys: 'team', 'old_tag:team': 'data' },
      },
    ])
  })

  it('tells the same again when its slot is tried again', async () => {
    await look(0, { [INSTANCE]: { a: '1' } })
    const first = await look(0.25, { [INSTANCE]: { a: '2' } })
    const second = await look(0.25, { [INSTANCE]: { a: '2' } })

    expect(first.events).toHaveLength(1)
    expect(second.events).toEqual(first.events)
  })

  it('writes nothing for a region that stays without tagged resources', async () => {
    await look(0, {})
    const writes: string[] = []
    state = { ...state, write: async (key) => void writes.push(key) }

    await look(0.25, {})

    expect(writes).toEqual([])
  })
})

describe('tags of a resource that is missing', () => {
  const known = { [INSTANCE]: { team: 'data' }, [VOLUME]: { a: '1' } }
  const missing = { [VOLUME]: { a: '1' } }

  it('are no change when it is gone', async () => {
    await look(0, known)

    expect((await look(0.25, missing)).events).toEqual([])
  })

  it('are no change when it is back within a day', async () => {
    await look(0, known)
    await look(0.25, missing)
    await look(23.75, missing)

    expect((await look(24, known)).events).toEqual([])
  })

  it('are compared with what they were when it is back within a day', async () => {
    await look(0, known)
    await look(0.25, missing)

    const { events } = await look(0.5, { ...missing, [INSTANCE]: { team: 'search' } })

    expect(events).toMatchObject([
      { properties: { changed_keys: 'team', 'old_tag:team': 'data', last_seen: at(0).toISOString() } },
    ])
  })

  it('are forgotten after a day', async () => {
    await look(0, known)
    await look(0.25, missing)
    await look(24, missing)

    expect((await look(24.25, known)).events).toMatchObject([
      { resource_id: 'i-0a1', properties: { added_keys: 'team' } },
    ])
  })

  it('are not forgotten for looks that were not complete', async () => {
    await look(0, known)
    await look(24, missing, awsError('ThrottlingException'))

    expect((await look(24.25, known)).events).toEqual([])
  })
})

describe('tags, when a look is not complete,', () => {
  it('tells what it saw, and tells it only once', async () => {
    await look(0, { [INSTANCE]: { a: '1' } }, { [VOLUME]: { b: '1' } })

    const partial = await look(0.25, { [INSTANCE]: { a: '2' } }, awsError('ThrottlingException'))
    const whole = await look(0.5, { [INSTANCE]: { a: '2' } }, { [VOLUME]: { b: '2' } })

    expect(partial.events.map((event) => event.resource_id)).toEqual(['i-0a1'])
    expect(partial.run).toMatchObject({
      status: 'throttled',
      errors: [expect.stringContaining('changes: ThrottlingException')],
    })
    expect(whole.events.map((event) => event.resource_id)).toEqual(['vol-0a1'])
  })

  it('takes what it has not seen for new only after a first complete look', async () => {
    const first = await look(0, { [INSTANCE]: { a: '1' } }, awsError('ThrottlingException'))
    const second = await look(0.25, { [INSTANCE]: { a: '2' } }, { [VOLUME]: { b: '1' } })
    const third = await look(0.5, { [INSTANCE]: { a: '2' }, [VOLUME]: { b: '1' }, [FUNCTION]: { c: '1' } })

    expect(first.run.notes).toEqual([expect.stringContaining('no complete look yet')])
    expect(second.events.map((event) => event.resource_id)).toEqual(['i-0a1'])
    expect(second.run.notes).toEqual([expect.stringContaining('first complete look')])
    expect(third.events.map((event) => event.resource_type)).toEqual(['lambda:function'])
    expect(third.run.notes).toEqual([])
  })

  it('concludes nothing from a denial', async () => {
    await look(0, { [INSTANCE]: { a: '1' } })

    const denied = await look(0.25, awsError('AccessDeniedException'))

    expect(denied.events).toEqual([])
    expect(denied.run).toMatchObject({ status: 'denied', notes: [] })
    expect((await look(0.5, { [INSTANCE]: { a: '1' } })).events).toEqual([])
  })

  it('does not take an answer without its list for none found', async () => {
    tagging.on(GetResourcesCommand).resolves({ PaginationToken: '' })

    const { run } = await collect(tags, { state })

    expect(run).toMatchObject({
      status: 'failed',
      errors: [expect.stringContaining('ResourceTagMappingList')],
    })
  })

  it('rejects a resource without an ARN by name, and goes on', async () => {
    await look(0, { [VOLUME]: {} })
    tagging.on(GetResourcesCommand).resolves({
      ResourceTagMappingList: [{ Tags: [{ Key: 'a', Value: '1' }] }, ...mappings({ [VOLUME]: { a: '1' } })],
    })

    const { events, run } = await collect(tags, { state, slot: at(0.25) })

    expect(events.map((event) => event.resource_id)).toEqual(['vol-0a1'])
    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
    expect(run.errors).toEqual([expect.stringContaining("item 0 of 'ResourceTagMappingList' cannot be read")])
  })

  it('tells nothing and remembers what it remembered when it is stopped while it reads', async () => {
    await look(0, { [INSTANCE]: { a: '1' } })
    const interruption = new AbortController()
    tagging
      .on(GetResourcesCommand)
      .resolvesOnce({ PaginationToken: 'more', ResourceTagMappingList: mappings({ [INSTANCE]: { a: '2' } }) })
      .callsFake(() => {
        interruption.abort(new Error('enough'))
        throw awsError('AbortError')
      })

    const stopped = await collect(tags, { state, slot: at(0.25), signal: interruption.signal })

    expect(stopped.run.status).toBe('partial')
    expect(stopped.events).toEqual([])
    expect((await look(0.5, { [INSTANCE]: { a: '2' } })).events).toHaveLength(1)
  })

  it('begins anew, and says so, where what was remembered cannot be read', async () => {
    await look(0, { [INSTANCE]: { a: '1' } })
    const { read } = state
    state = {
      ...state,
      read: async (key) => (await read(key))?.replace(/"lines":"[^"]*"/, '"lines":"bm8genN0ZA=="'),
    }

    const { events, run } = await look(0.25, { [INSTANCE]: { a: '2' } })

    expect(events).toEqual([])
    expect(run.notes).toEqual([
      expect.stringContaining('cannot be read'),
      expect.stringContaining('first complete look'),
    ])
  })
})

describe('tags on recorded answers', () => {
  it.each([
    ['test_dsql_stream_tag_and_remove_tag', 'dsql:cluster', { added_keys: 'Env', 'tag:Env': 'prod' }],
    ['test_athena_data_catalog_tagging', 'athena:datacatalog', { added_keys: 'c7n', 'tag:c7n': 'test' }],
    ['test_bedrock_guardrail_tag_actions', 'bedrock:guardrail', { added_keys: 'AnotherTag,NewTag' }],
    ['test_elb_tag_and_remove', 'elb:load_balancer', { added_keys: 'xyz', 'tag:test': 'test' }],
    ['test_directconnect_tagging', 'directconnect:dx_gateway', { added_keys: 'added' }],
  ])('tells the change that was recorded in %s', async (recording, resource_type, properties) => {
    tagging.on(GetResourcesCommand).resolves(recorded(`${recording}/tagging.GetResources_1`))
    await collect(tags, { state })
    tagging.on(GetResourcesCommand).resolves(recorded(`${recording}/tagging.GetResources_2`))

    const { events, run } = await collect(tags, { state, slot: at(1) })

    expect(run.status).toBe('complete')
    expect(events).toMatchObject([{ resource_type, event_type: 'tag_change', properties }])
  })
})
