import {
  DescribeNotebookInstanceCommand,
  type DescribeNotebookInstanceOutput,
  ListNotebookInstancesCommand,
  ListTagsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configSagemaker } from '../../../packages/collectors/src/aws/config-sagemaker.ts'
import { ACCOUNT, awsError, collect, makeEvent, recordedAnswer } from '../harness.ts'

const sagemaker = mockClient(SageMakerClient)
const RecordedError = z.object({ Error: z.object({ Code: z.string(), Message: z.string() }) })
const recorded = (path: string) => recordedAnswer(`aws-cloud-custodian/${path}.json`)

beforeEach(() => {
  sagemaker.reset()
  sagemaker.on(DescribeNotebookInstanceCommand).resolves({})
  sagemaker.on(ListTagsCommand).resolves({ Tags: [] })
})

describe('config_sagemaker', () => {
  it('yields one event per notebook, across pages, with its details and tags', async () => {
    sagemaker
      .on(ListNotebookInstancesCommand, { MaxResults: 100 })
      .resolves({
        ...recorded('test_sagemaker_notebook_instances/api.sagemaker.ListNotebookInstances_1'),
        NextToken: 'more',
      })
      .on(ListNotebookInstancesCommand, { MaxResults: 100, NextToken: 'more' })
      .resolves({ NotebookInstances: [{ ...listed('second'), NotebookInstanceStatus: 'Pending' }] })
      .on(DescribeNotebookInstanceCommand, { NotebookInstanceName: 'c7n-ni-test' })
      .resolves(recorded('test_sagemaker_notebook_instances/api.sagemaker.DescribeNotebookInstance_1'))
      .on(DescribeNotebookInstanceCommand, { NotebookInstanceName: 'second' })
      .resolves(fullDescription)
      .on(ListTagsCommand, { MaxResults: 50, ResourceArn: arnOf('c7n-ni-test') })
      .resolves({
        ...recorded('test_sagemaker_remove_tag_notebook_instances/api.sagemaker.ListTags_1'),
        NextToken: 'more',
      })
      .on(ListTagsCommand, { MaxResults: 50, ResourceArn: arnOf('c7n-ni-test'), NextToken: 'more' })
      .resolves({ Tags: [{ Key: 'team', Value: 'data' }] })

    const { events, run } = await collect(configSagemaker)

    expect(run).toMatchObject({ status: 'complete', errors: [], notes: [] })
    expect(events).toEqual([
      makeNotebookEvent('c7n-ni-test', {
        marqo_customer: 'data',
        properties: {
          state: 'Stopped',
          instance_type: 'ml.t2.medium',
          url: 'c7n-ni-test.notebook.us-east-1.sagemaker.aws',
          role_arn:
            'arn:aws:iam::644160558196:role/service-role/AmazonSageMaker-ExecutionRole-20180108T122369',
          subnet_id: 'subnet-efbcccb7',
          security_group_ids: 'sg-6c7fa917',
          network_interface_id: 'eni-532fe48f',
          kms_key_id: 'arn:aws:kms:us-east-1:644160558196:key/75d1e7ba-f9c5-46b9-97bc-28e6c834aa49',
          create_time: '2018-01-18T10:59:51.486Z',
          last_modified_time: '2018-01-18T17:09:45.064Z',
          'tag:Category': 'TestValue',
          'tag:team': 'data',
        },
      }),
      makeNotebookEvent('second', {
        properties: {
          state: 'Failed',
          failure_reason: 'no capacity',
          instance_type: 'ml.t3.medium',
          accelerator_types: 'ml.eia1.medium',
          volume_size_gib: '5',
          platform_identifier: 'notebook-al2-v3',
          root_access: 'Enabled',
          direct_internet_access: 'Disabled',
          ip_address_type: 'ipv4',
          minimum_imds_version: '2',
          lifecycle_config_name: 'install',
          default_code_repository: 'main-repository',
          additional_code_repositories: 'one,two',
        },
      }),
    ])
  })

  it('is complete where there are no notebooks', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({ NotebookInstances: [] })

    const { events, run } = await collect(configSagemaker)

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('does not take an answer without its list for none found', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({})

    expect((await collect(configSagemaker)).run).toMatchObject({
      status: 'failed',
      errors: [expect.stringContaining("no list 'NotebookInstances'")],
    })
  })

  it('does not take tags without their list for none', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({ NotebookInstances: [listed('one')] })
    sagemaker.on(ListTagsCommand).resolves({})

    const { events, run } = await collect(configSagemaker)

    expect(run.status).toBe('partial')
    expect(events[0]?.properties).toEqual({ unknown: 'tags' })
  })

  it('rejects a notebook without a name, and yields the others', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({
      NotebookInstances: [{ ...listed('one'), NotebookInstanceName: undefined }, listed('two')],
    })

    const { events, run } = await collect(configSagemaker)

    expect(events.map((event) => event.resource_id)).toEqual(['two'])
    expect(run).toMatchObject({ status: 'partial', rejected: 1 })
  })

  it('is denied where notebooks may not be listed', async () => {
    sagemaker.on(ListNotebookInstancesCommand).rejects(awsError('AccessDeniedException'))

    expect((await collect(configSagemaker)).run.status).toBe('denied')
  })

  it('tells what the list says of a notebook whose details are denied, and that they are unknown', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({
      NotebookInstances: [{ ...listed('secret'), NotebookInstanceStatus: 'InService' }, listed('open')],
    })
    sagemaker
      .on(DescribeNotebookInstanceCommand, { NotebookInstanceName: 'secret' })
      .rejects(awsError('AccessDeniedException'))

    const { events, run } = await collect(configSagemaker)

    expect(run.status).toBe('partial')
    expect(run.errors).toEqual([expect.stringMatching(/details of secret: AccessDeniedException/)])
    expect(events).toEqual([
      makeNotebookEvent('secret', { properties: { state: 'InService', unknown: 'details' } }),
      makeNotebookEvent('open', {}),
    ])
  })

  it('says that tags are unknown which could not be read', async () => {
    sagemaker.on(ListNotebookInstancesCommand).resolves({ NotebookInstances: [listed('one')] })
    sagemaker.on(ListTagsCommand).rejects(awsError('ThrottlingException'))

    const { events, run } = await collect(configSagemaker)

    expect(events).toEqual([makeNotebookEvent('one', { properties: { unknown: 'tags' } })])
    expect(run.errors).toEqual([expect.stringMatching(/tags of one: ThrottlingException/)])
  })

  it('is complete though a notebook is gone by the time that its details are asked for', async () => {
    const { Error: answered } = RecordedError.parse(
      recorded('test_sagemaker_delete_model/api.sagemaker.DescribeModel_2'),
    )
    const gone = awsError(answered.Code, answered.Message)
    sagemaker.on(ListNotebookInstancesCommand).resolves({
      NotebookInstances: [{ ...listed('gone'), NotebookInstanceStatus: 'Deleting' }, listed('stays')],
    })
    sagemaker.on(DescribeNotebookInstanceCommand, { NotebookInstanceName: 'gone' }).rejects(gone)
    sagemaker.on(ListTagsCommand, { ResourceArn: arnOf('gone') }).rejects(gone)

    const { events, run } = await collect(configSagemaker)

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(events).toEqual([
      makeNotebookEvent('gone', { properties: { state: 'Deleting', unknown: 'details,tags' } }),
      makeNotebookEvent('stays', {}),
    ])
  })

  it('asks about a few notebooks at a time', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `notebook-${index}`)
    let [running, most] = [0, 0]
    const answerSlowly =
      <Answer>(answer: Answer) =>
      async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return answer
      }
    sagemaker.on(ListNotebookInstancesCommand).resolves({ NotebookInstances: names.map(listed) })
    sagemaker.on(DescribeNotebookInstanceCommand).callsFake(answerSlowly({}))
    sagemaker.on(ListTagsCommand).callsFake(answerSlowly({ Tags: [] }))

    const { events } = await collect(configSagemaker)

    expect(events.map((event) => event.resource_id)).toEqual(names)
    expect(most).toBe(4)
  })
})

const fullDescription: DescribeNotebookInstanceOutput = {
  NotebookInstanceStatus: 'Failed',
  FailureReason: 'no capacity',
  InstanceType: 'ml.t3.medium',
  AcceleratorTypes: ['ml.eia1.medium'],
  VolumeSizeInGB: 5,
  PlatformIdentifier: 'notebook-al2-v3',
  RootAccess: 'Enabled',
  DirectInternetAccess: 'Disabled',
  IpAddressType: 'ipv4',
  InstanceMetadataServiceConfiguration: { MinimumInstanceMetadataServiceVersion: '2' },
  NotebookInstanceLifecycleConfigName: 'install',
  DefaultCodeRepository: 'main-repository',
  AdditionalCodeRepositories: ['one', 'two'],
}

function listed(name: string) {
  return { NotebookInstanceName: name, NotebookInstanceArn: arnOf(name) }
}

function arnOf(name: string): string {
  return `arn:aws:sagemaker:us-east-1:${ACCOUNT}:notebook-instance/${name}`
}

function makeNotebookEvent(name: string, columns: Partial<Parameters<typeof makeEvent>[0]>) {
  return makeEvent({
    collector: 'config_sagemaker',
    resource_type: 'sagemaker:notebook',
    resource_id: name,
    resource_arn: arnOf(name),
    resource_name: name,
    ...columns,
  })
}
