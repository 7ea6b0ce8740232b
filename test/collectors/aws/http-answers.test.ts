import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { configEbs } from '../../../packages/collectors/src/aws/config-ebs.ts'
import { configEc2 } from '../../../packages/collectors/src/aws/config-ec2.ts'
import { collect, recordedText } from '../harness.ts'

describe('the collectors on the SDK, with answers as AWS sends them', () => {
  it('read instances from XML', async () => {
    const requestHandler = answerWith(recordedText('aws-botocore/responses/ec2-describe-instances.xml'))

    const { events, run } = await collect(configEc2, { requestHandler })

    expect(run).toMatchObject({ status: 'complete', api_calls: { 'ec2:DescribeInstances': 1 } })
    expect(events[0]).toMatchObject({
      resource_id: 'i-fde9cece',
      properties: {
        state: 'stopped',
        state_transition_time: '2013-03-01T17:24:16.000Z',
        launch_time: '2012-10-16T20:00:13.000Z',
        security_group_ids: 'sg-4e970e7e',
        owner_id: '123456789012',
      },
    })
  })

  it('read volumes from XML', async () => {
    const requestHandler = answerWith(recordedText('aws-botocore/responses/ec2-describe-volumes.xml'))

    const { events } = await collect(configEbs, { requestHandler })

    expect(events.map((event) => [event.resource_id, event.properties.instance_ids])).toEqual([
      ['vol-bc71579a', 'i-fde9cece'],
      ['vol-a8d2e991', 'i-78f1b94a'],
    ])
  })

  it('take an empty set for none found', async () => {
    const requestHandler = answerWith('<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>')

    const { events, run } = await collect(configEbs, { requestHandler })

    expect(events).toEqual([])
    expect(run.status).toBe('complete')
  })

  it('do not take a missing set for none found', async () => {
    const requestHandler = answerWith('<DescribeVolumesResponse></DescribeVolumesResponse>')

    expect((await collect(configEbs, { requestHandler })).run.status).toBe('failed')
  })

  it('report an error that AWS answers', async () => {
    const requestHandler = answerWith(recordedText('aws-botocore/errors/ec2-describe-instances.xml'), 400)

    const { run } = await collect(configEc2, { requestHandler })

    expect(run.status).toBe('failed')
    expect(run.errors).toEqual([expect.stringContaining('Invalid id: "foobar"')])
  })

  it('abort a request under way when the run is stopped', async () => {
    const interruption = new AbortController()
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    const requestHandler = {
      handle: (_request: object, { abortSignal }: { abortSignal?: AbortSignal }) => {
        abortSignal?.addEventListener('abort', () => resolve())
        interruption.abort()
        return new Promise(() => {})
      },
    }

    const { run } = await collect(configEc2, { requestHandler, signal: interruption.signal })

    await aborted
    expect(run.status).toBe('partial')
  })
})

function answerWith(body: string, statusCode = 200): object {
  return {
    handle: async () => ({
      response: {
        statusCode,
        headers: { 'content-type': 'text/xml;charset=UTF-8' },
        body: Readable.from([Buffer.from(body)]),
      },
    }),
  }
}
