/** Parts of AWS that know nothing of each other: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
export const PARTITIONS = [
  'aws',
  'aws-cn',
  'aws-eusc',
  'aws-iso',
  'aws-iso-b',
  'aws-iso-e',
  'aws-iso-f',
  'aws-us-gov',
] as const
export type Partition = (typeof PARTITIONS)[number]

interface PartitionFacts {
  /** What its regions' names begin with. */
  readonly prefix: string
  /** Where it keeps what is of a whole organization or account, and offers every service. */
  readonly home: string
  /** What the names of its endpoints end with. */
  readonly urlSuffix: string
}

/** https://docs.aws.amazon.com/general/latest/gr/ao.html, and the SDK's own table of partitions. */
const FACTS: Readonly<Record<Partition, PartitionFacts>> = {
  aws: { prefix: '', home: 'us-east-1', urlSuffix: 'amazonaws.com' },
  'aws-cn': { prefix: 'cn-', home: 'cn-northwest-1', urlSuffix: 'amazonaws.com.cn' },
  'aws-eusc': { prefix: 'eusc-', home: 'eusc-de-east-1', urlSuffix: 'amazonaws.eu' },
  'aws-iso': { prefix: 'us-iso-', home: 'us-iso-east-1', urlSuffix: 'c2s.ic.gov' },
  'aws-iso-b': { prefix: 'us-isob-', home: 'us-isob-east-1', urlSuffix: 'sc2s.sgov.gov' },
  'aws-iso-e': { prefix: 'eu-isoe-', home: 'eu-isoe-west-1', urlSuffix: 'cloud.adc-e.uk' },
  'aws-iso-f': { prefix: 'us-isof-', home: 'us-isof-south-1', urlSuffix: 'csp.hci.ic.gov' },
  'aws-us-gov': { prefix: 'us-gov-', home: 'us-gov-west-1', urlSuffix: 'amazonaws.com' },
}

/** What the names of a partition's regions begin with; '' of AWS's standard regions, which are all others. */
export function regionPrefixOf(partition: Partition): string {
  return FACTS[partition].prefix
}

/** The partition that a region belongs to. */
export function partitionOf(region: string): Partition {
  return PARTITIONS.find((name) => name !== 'aws' && region.startsWith(FACTS[name].prefix)) ?? 'aws'
}

/** The region of a partition that answers for all of it. */
export function homeRegionOf(partition: Partition): string {
  return FACTS[partition].home
}

/** What the names of a region's endpoints end with. */
export function urlSuffixOf(region: string): string {
  return FACTS[partitionOf(region)].urlSuffix
}
