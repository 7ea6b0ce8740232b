/** Products of one service whose attributes have all of these values, in every region. */
export interface PriceQuery {
  readonly serviceCode: string
  readonly attributes: Readonly<Record<string, string>>
}

const OPERATING_SYSTEMS = ['Linux', 'Windows', 'RHEL', 'SUSE'] as const
const TENANCIES = ['Shared', 'Dedicated'] as const

/** Instances as they run, without software on them that is paid for and without licences that customers bring. */
export const INSTANCES: readonly PriceQuery[] = OPERATING_SYSTEMS.flatMap((operatingSystem) =>
  TENANCIES.map((tenancy) => ({
    serviceCode: 'AmazonEC2',
    attributes: {
      operatingSystem,
      tenancy,
      capacitystatus: 'Used',
      preInstalledSw: 'NA',
      licenseModel: 'No License required',
    },
  })),
)

/** Space, operations (IOPS), throughput, and snapshots. */
export const VOLUMES = families('AmazonEC2', [
  'Storage',
  'System Operation',
  'Provisioned Throughput',
  'Storage Snapshot',
])

export const LOAD_BALANCERS = families('AWSELB', [
  'Load Balancer',
  'Load Balancer-Application',
  'Load Balancer-Network',
  'Load Balancer-Gateway',
])

export const NAT_GATEWAYS = families('AmazonEC2', ['NAT Gateway'])

/** They are of no product family. */
export const PUBLIC_IPV4: readonly PriceQuery[] = [
  { serviceCode: 'AmazonVPC', attributes: { group: 'VPCPublicIPv4Address' } },
]

/** Between zones, between regions, and to the internet. */
export const DATA_TRANSFER: readonly PriceQuery[] = [
  'IntraRegion',
  'InterRegion Outbound',
  'AWS Outbound',
].map((transferType) => ({ serviceCode: 'AWSDataTransfer', attributes: { transferType } }))

function families(serviceCode: string, names: readonly string[]): readonly PriceQuery[] {
  return names.map((productFamily) => ({ serviceCode, attributes: { productFamily } }))
}
