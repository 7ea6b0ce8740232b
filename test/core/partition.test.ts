import { EC2Client } from '@aws-sdk/client-ec2'
import { homeRegionOf, PARTITIONS, parseArn, partitionOf, regionPrefixOf, urlSuffixOf } from '@polo/core'
import { describe, expect, it } from 'vitest'

describe('partitionOf', () => {
  it.each([
    ['eu-west-1', 'aws'],
    ['us-east-1', 'aws'],
    ['ca-central-1', 'aws'],
    ['mx-central-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-west-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-east-1', 'aws-iso-f'],
    ['us-gov-east-1', 'aws-us-gov'],
  ])('%s is of %s', (region, partition) => {
    expect(partitionOf(region)).toBe(partition)
  })
})

describe.each(PARTITIONS)('%s', (partition) => {
  const home = homeRegionOf(partition)

  it('has its home within it, and ARNs that are understood', () => {
    expect(partitionOf(home)).toBe(partition)
    expect(home.startsWith(regionPrefixOf(partition))).toBe(true)
    expect(parseArn(`arn:${partition}:ec2:${home}:111122223333:volume/vol-0a`)).toMatchObject({ partition })
  })

  it('has the endpoints that the SDK asks', () => {
    const { url } = new EC2Client({ region: home }).config.endpointProvider({ Region: home })
    expect(url.hostname).toBe(`ec2.${home}.${urlSuffixOf(home)}`)
  })
})
