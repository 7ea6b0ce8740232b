import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
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
      '_444444444444.bak/us-east-1/x.json': volumes,
      '.git/us-east-1/x.json': volumes,
      '333333333333': 'a file',
      'SOURCE.md': 'text',
    })
    expect(await recordedAws({ directory }).accounts()).toEqual([
      { id: '111111111111', source: 'recording' },
      { id: '222222222222', source: 'recording' },
    ])
  })

  test('may be links to directories', async () => {
    const elsewhere = writeFiles({ 'us-east-1/x.json': volumes })
    const directory = writeFiles({ '111111111111/us-east-1/x.json': volumes })
    symlinkSync(elsewhere, join(directory, '222222222222'))
    const source = recordedAws({ directory })
    expect((await source.accounts()).map(({ id }) => id)).toEqual(['111111111111', '222222222222'])
    expect(await source.regions('222222222222')).toEqual(['us-east-1'])
  })

  test.each(['444444444444.bak', '44444444444', '4444444444444'])(
    'are not all there with a directory %s',
    async (name) => {
      const directory = writeFiles({ '111111111111/us-east-1/x': '', [`${name}/us-east-1/x`]: '' })
      await expect(recordedAws({ directory }).accounts()).rejects.toMatchObject({
        name: 'RecordingError',
        message: expect.stringContaining(`${directory}/${name} is not an account: expected 12 digits`),
      })
    },
  )

  test('include none whose link leads nowhere, which is an error', async () => {
    const directory = writeFiles({ '111111111111/us-east-1/x.json': volumes })
    symlinkSync('/nowhere/at-all', join(directory, '222222222222'))
    await expect(recordedAws({ directory }).accounts()).rejects.toThrow(/222222222222/)
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
      '111111111111/_old/x': '',
      '111111111111/.git/x': '',
      '111111111111/us-east-1': 'a file',
      '111111111111/notes.txt': 'a file',
    })
    expect(await recordedAws({ directory }).regions('111111111111')).toEqual([
      'ap-southeast-2',
      'us-gov-west-1',
    ])
  })

  test.each(['useast2', 'eu-west-1.old', 'old'])('are not all there with a directory %s', async (name) => {
    const directory = writeFiles({ '111111111111/us-east-1/x': '', [`111111111111/${name}/x`]: '' })
    await expect(recordedAws({ directory }).regions('111111111111')).rejects.toMatchObject({
      name: 'RecordingError',
      message: expect.stringContaining(`${directory}/111111111111/${name} is not a region`),
    })
  })

  test('may be links to directories', async () => {
    const elsewhere = writeFiles({ 'x.json': volumes })
    const directory = writeFiles({ '111111111111/us-east-1/x.json': volumes })
    symlinkSync(elsewhere, join(directory, '111111111111/eu-west-1'))
    expect(await recordedAws({ directory }).regions('111111111111')).toEqual(['eu-west-1', 'us-east-1'])
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

test('a call in a region that was not recorded names those that are', async () => {
  const directory = writeFiles({
    '111111111111/us-east-1/ec2.DescribeVolumes_1.json': volumes,
    '111111111111/eu-west-1/ec2.DescribeVolumes_1.json': volumes,
  })
  const place = { accountId: '111111111111', region: 'us-west-9', countCall: () => {} }
  const client = recordedAws({ directory }).client(EC2Client, place)
  await expect(client.send(new DescribeVolumesCommand({}))).rejects.toMatchObject({
    name: 'MissingRecordingError',
    message: `there is no ${directory}/111111111111/us-west-9: nothing was recorded in us-west-9; there are eu-west-1, us-east-1`,
  })
})
