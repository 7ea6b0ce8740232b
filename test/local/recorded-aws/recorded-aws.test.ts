import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import { recordedAws } from '../../../packages/local/src/recorded-aws/recorded-aws.ts'
import { answer, writeFiles } from './write-recording.ts'

const volumes = answer({ Volumes: [] })

describe('the accounts of a recording', () => {
  test('are its directories of twelve digits', async () => {
    const directory = writeFiles({
      '222222222222/us-east-1/x.json': volumes,
      '111111111111/us-east-1/x.json': volumes,
      'notes/us-east-1/x.json': volumes,
      '333333333333': 'a file',
      'SOURCE.md': 'text',
    })
    expect(await recordedAws({ directory }).accounts()).toEqual([
      { id: '111111111111', source: 'recording' },
      { id: '222222222222', source: 'recording' },
    ])
  })

  test('may be cut to one', async () => {
    const directory = writeFiles({ '222222222222/us-east-1/x': '', '111111111111/us-east-1/x': '' })
    expect(await recordedAws({ directory, account: '222222222222' }).accounts()).toEqual([
      { id: '222222222222', source: 'recording' },
    ])
    await expect(recordedAws({ directory, account: '333333333333' }).accounts()).rejects.toThrow(
      'account 333333333333 is not in the recording',
    )
  })

  test('being none is an error that shows the expected layout', async () => {
    const directory = writeFiles({ 'us-east-1/ec2.DescribeVolumes_1.json': volumes })
    await expect(recordedAws({ directory }).accounts()).rejects.toThrow(
      /no account in the recording .*123456789012\/us-east-1\/ec2\.DescribeInstances_1\.json/,
    )
  })

  test('of a directory that is not there are an error that names it', async () => {
    await expect(recordedAws({ directory: '/nowhere/at-all' }).accounts()).rejects.toMatchObject({
      name: 'RecordingError',
      message: expect.stringContaining('/nowhere/at-all'),
    })
  })
})

describe('the regions of a recorded account', () => {
  test('are its directories that have a region’s name', async () => {
    const directory = writeFiles({
      '111111111111/us-gov-west-1/x': '',
      '111111111111/ap-southeast-2/x': '',
      '111111111111/old/x': '',
      '111111111111/us-east-1': 'a file',
    })
    expect(await recordedAws({ directory }).regions('111111111111')).toEqual([
      'ap-southeast-2',
      'us-gov-west-1',
    ])
  })

  test('of an account that was not recorded are an error', async () => {
    const directory = writeFiles({ '111111111111/us-east-1/x': '' })
    await expect(recordedAws({ directory }).regions('222222222222')).rejects.toMatchObject({
      name: 'RecordingError',
      message: expect.stringContaining('222222222222'),
    })
  })
})

test('a client refuses an account that is a path', () => {
  const place = { accountId: '../..', region: 'us-east-1', countCall: () => {} }
  expect(() => recordedAws({ directory: '/tmp' }).client(EC2Client, place)).toThrow('is not an account')
})

test('clients of two regions read their own answers', async () => {
  const directory = writeFiles({
    '111111111111/us-east-1/ec2.DescribeVolumes_1.json': answer({ Volumes: [{ VolumeId: 'vol-us' }] }),
    '111111111111/eu-west-1/ec2.DescribeVolumes_1.json': answer({ Volumes: [{ VolumeId: 'vol-eu' }] }),
  })
  const source = recordedAws({ directory })
  const found = ['us-east-1', 'eu-west-1'].map(async (region) => {
    const client = source.client(EC2Client, { accountId: '111111111111', region, countCall: () => {} })
    const { Volumes } = await client.send(new DescribeVolumesCommand({}))
    return Volumes?.[0]?.VolumeId
  })
  expect(await Promise.all(found)).toEqual(['vol-us', 'vol-eu'])
})
