import {
  CreateNotebookInstanceCommand,
  SageMakerClient,
  StopNotebookInstanceCommand,
} from '@aws-sdk/client-sagemaker'
import { liveAws } from '@polo/collectors'
import type { CollectorRun, ResourceEvent } from '@polo/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configSagemaker } from '../../packages/collectors/src/aws/config-sagemaker.ts'
import { collectEverything } from '../local/collect-everything.ts'
import { type Moto, startMoto } from './start-moto.ts'

const REGION = 'us-east-1'
/** More than a page. */
const NOTEBOOKS = 120
const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test' })

let moto: Moto
let run: CollectorRun | undefined
let events: ResourceEvent[]

beforeAll(async () => {
  moto = await startMoto()
  const { endpoint } = moto
  const sagemaker = new SageMakerClient({ endpoint, credentials, region: REGION })
  for (let index = 0; index < NOTEBOOKS; index++) {
    await sagemaker.send(
      new CreateNotebookInstanceCommand({
        NotebookInstanceName: `notebook-${index}`,
        InstanceType: 'ml.t3.medium',
        RoleArn: 'arn:aws:iam::123456789012:role/notebooks',
        VolumeSizeInGB: 7,
        Tags: [{ Key: 'team', Value: `team-${index}` }],
      }),
    )
  }
  await sagemaker.send(new StopNotebookInstanceCommand({ NotebookInstanceName: 'notebook-7' }))
  const aws = liveAws({ endpoint, credentials, regions: [REGION, 'eu-west-1'] })
  const collected = await collectEverything(aws, [configSagemaker])
  run = collected.runs[0]
  events = collected.events
})

afterAll(() => moto?.stop())

test('notebooks are completely read, in a region without any too', () => {
  expect(run).toMatchObject({
    status: 'complete',
    errors: [],
    region_events: { [REGION]: NOTEBOOKS, 'eu-west-1': 0 },
    api_calls: {
      'sagemaker:ListNotebookInstances': 2 + 1,
      'sagemaker:DescribeNotebookInstance': NOTEBOOKS,
      'sagemaker:ListTags': NOTEBOOKS,
    },
  })
})

test('a notebook has its details, tags and owner', () => {
  expect(events.find((event) => event.resource_id === 'notebook-7')).toMatchObject({
    resource_type: 'sagemaker:notebook',
    resource_arn: `arn:aws:sagemaker:${REGION}:123456789012:notebook-instance/notebook-7`,
    resource_name: 'notebook-7',
    marqo_customer: 'team-7',
    properties: {
      state: 'Stopped',
      instance_type: 'ml.t3.medium',
      volume_size_gib: '7',
      'tag:team': 'team-7',
    },
  })
})
