import {
  CreateTagsCommand,
  DeleteTagsCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import {
  ResourceGroupsTaggingAPIClient,
  TagResourcesCommand,
} from '@aws-sdk/client-resource-groups-tagging-api'
import { CreateBucketCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3'
import { liveAws } from '@polo/collectors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tags } from '../../packages/collectors/src/aws/tags.ts'
import { memoryStore } from '../collectors/harness.ts'
import { collectEverything } from '../local/collect-everything.ts'
import { IMAGE, required } from './create-estate.ts'
import { type Moto, startMoto } from './start-moto.ts'

const REGION = 'us-east-1'
/** Of three tags each: more than a page. */
const INSTANCES = 60
const FIRST_SLOT = Date.parse('2026-01-01T00:00:00Z')
const SLOT_MS = 15 * 60_000
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })
const state = memoryStore()

let moto: Moto
let ec2: EC2Client
let tagging: ResourceGroupsTaggingAPIClient
let s3: S3Client
let ids: string[]

beforeAll(async () => {
  moto = await startMoto()
  const client = { endpoint: moto.endpoint, credentials, region: REGION }
  ec2 = new EC2Client(client)
  tagging = new ResourceGroupsTaggingAPIClient(client)
  s3 = new S3Client({ ...client, forcePathStyle: true })
  const Tags = ['team', 'env', 'ttl'].map((Key) => ({ Key, Value: `old ${Key}` }))
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGE,
      MinCount: INSTANCES,
      MaxCount: INSTANCES,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  )
  ids = Instances.map(({ InstanceId }) => required(InstanceId, 'InstanceId'))
})

afterAll(() => moto?.stop())

async function look(slot: number) {
  const aws = liveAws({ endpoint: moto.endpoint, credentials, regions: [REGION, 'eu-west-1'] })
  const { runs, events } = await collectEverything(aws, [tags], {
    state,
    slot: new Date(FIRST_SLOT + slot * SLOT_MS),
  })
  return { run: required(runs[0], 'run'), events }
}

test('the first look tells nothing, and reads all pages', async () => {
  const { run, events } = await look(0)

  expect(events).toEqual([])
  expect(run).toMatchObject({ status: 'complete', errors: [] })
  expect(run.notes).toEqual(
    expect.arrayContaining([expect.stringContaining(`the tags of ${INSTANCES} resources are known`)]),
  )
  expect(run.api_calls['tag:GetResources']).toBeGreaterThan(1 + 1)
})

test('the next one tells what was changed meanwhile, and nothing else', async () => {
  const [changed = '', added = '', removed = '', gone = ''] = ids
  await ec2.send(new CreateTagsCommand({ Resources: [changed], Tags: [{ Key: 'team', Value: 'search' }] }))
  await ec2.send(new DeleteTagsCommand({ Resources: [removed], Tags: [{ Key: 'ttl' }] }))
  const ResourceARNList = [`arn:aws:ec2:${REGION}:123456789012:instance/${added}`]
  await tagging.send(new TagResourcesCommand({ ResourceARNList, Tags: { cluster: 'blue' } }))
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone] }))
  await s3.send(new CreateBucketCommand({ Bucket: 'logs-of-polo' }))
  await s3.send(
    new PutBucketTaggingCommand({
      Bucket: 'logs-of-polo',
      Tagging: { TagSet: [{ Key: 'team', Value: 'logs' }] },
    }),
  )

  const { run, events } = await look(1)

  expect(run).toMatchObject({ status: 'complete', errors: [], notes: [] })
  const told = Object.fromEntries(events.map((event) => [event.resource_id, event]))
  expect(Object.keys(told).sort()).toEqual([changed, added, removed, 'logs-of-polo'].sort())
  expect(told[changed]).toMatchObject({
    event_type: 'tag_change',
    resource_type: 'ec2:instance',
    marqo_customer: 'search',
    properties: { changed_keys: 'team', 'old_tag:team': 'old team', 'tag:env': 'old env' },
  })
  expect(told[added]).toMatchObject({ properties: { added_keys: 'cluster', 'tag:cluster': 'blue' } })
  expect(told[removed]).toMatchObject({ properties: { removed_keys: 'ttl', 'old_tag:ttl': 'old ttl' } })
  expect(told['logs-of-polo']).toMatchObject({ resource_type: 's3:bucket', aws_region: REGION })
})

test('and the one after that nothing', async () => {
  expect((await look(2)).events).toEqual([])
})
