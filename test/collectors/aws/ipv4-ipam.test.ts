import {
  DescribeIpamsCommand,
  GetIpamDiscoveredPublicAddressesCommand,
  type Ipam,
  type IpamDiscoveredPublicAddress,
} from '@aws-sdk/client-ec2'
import { beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, awsError } from '../harness.ts'
import {
  ARN,
  ec2,
  elasticIp,
  emptyAccount,
  interfaceOf,
  look,
  makeAddressEvent,
  OTHER_ACCOUNT,
} from './ipv4-estate.ts'

const DENIED = awsError('UnauthorizedOperation')
const IPAM: Ipam = {
  IpamId: 'ipam-1',
  State: 'create-complete',
  DefaultResourceDiscoveryId: 'ipam-res-disco-1',
  OperatingRegions: [{ RegionName: 'us-east-1' }, { RegionName: 'eu-west-1' }],
}
const VPN: IpamDiscoveredPublicAddress = {
  Address: '198.51.100.1',
  AddressRegion: 'us-east-1',
  AddressOwnerId: ACCOUNT,
  AddressType: 'service-managed-ip',
  AssociationStatus: 'associated',
  Service: 'site-to-site-vpn',
  ServiceResource: `${ARN}:vpn-connection/vpn-1`,
  NetworkBorderGroup: 'us-east-1',
}

beforeEach(emptyAccount)

/** What IPAM discovered in each region. */
function discover(addresses: Readonly<Record<string, IpamDiscoveredPublicAddress[]>>, ipam = IPAM): void {
  ec2.on(DescribeIpamsCommand, { MaxResults: 1000 }).resolves({ Ipams: [ipam] })
  for (const [AddressRegion, IpamDiscoveredPublicAddresses] of Object.entries(addresses)) {
    ec2
      .on(GetIpamDiscoveredPublicAddressesCommand, {
        IpamResourceDiscoveryId: 'ipam-res-disco-1',
        AddressRegion,
        MaxResults: 1000,
      })
      .resolves({ IpamDiscoveredPublicAddresses })
  }
}

describe('ipv4 with IPAM', () => {
  it('tells addresses that only IPAM knows', async () => {
    discover({ 'us-east-1': [VPN], 'eu-west-1': [] })

    const { events, run } = await look({})

    expect(run).toMatchObject({ status: 'complete', errors: [] })
    expect(events).toEqual([
      makeAddressEvent('198.51.100.1', {
        properties: {
          address_type: 'service-managed-ip',
          state: 'in_use',
          charge: 'charged',
          service: 'site-to-site-vpn',
          used_by: `${ARN}:vpn-connection/vpn-1`,
          network_border_group: 'us-east-1',
          seen_in: 'ipam',
        },
      }),
    ])
  })

  it('tells an address that all lists have once', async () => {
    const insight = {
      ...VPN,
      Address: '192.0.2.1',
      AddressAllocationId: 'eipalloc-1',
      NetworkInterfaceId: 'eni-1',
    }
    discover({ 'us-east-1': [{ ...insight, AddressType: 'byoip' }], 'eu-west-1': [] })

    const { events } = await look({
      elasticIps: [
        elasticIp({
          AssociationId: 'eipassoc-1',
          NetworkInterfaceId: 'eni-1',
          PublicIpv4Pool: 'ipam-pool-1',
        }),
      ],
      networkInterfaces: [interfaceOf({})],
    })

    expect(events).toMatchObject([
      {
        resource_id: '192.0.2.1',
        value: 0,
        unit: 'USD/hour',
        properties: { charge: 'free', address_type: 'byoip', seen_in: 'elastic_ips,network_interfaces,ipam' },
      },
    ])
  })

  it('tells those of other regions and accounts there, if their own looks cannot see them', async () => {
    const elsewhere = { ...VPN, AddressRegion: 'eu-west-1' }
    discover({
      'us-east-1': [{ ...VPN, AddressOwnerId: OTHER_ACCOUNT }],
      'eu-west-1': [
        elsewhere,
        { ...elsewhere, Address: '198.51.100.2', NetworkInterfaceId: 'eni-2' },
        { ...elsewhere, Address: '198.51.100.3', AddressAllocationId: 'eipalloc-3' },
      ],
    })

    const { events } = await look({})

    expect(events.map((event) => [event.aws_account_id, event.aws_region, event.resource_id])).toEqual([
      [OTHER_ACCOUNT, 'us-east-1', '198.51.100.1'],
      [ACCOUNT, 'eu-west-1', '198.51.100.1'],
    ])
  })

  it('reads all pages', async () => {
    discover({ 'eu-west-1': [] })
    const call = { IpamResourceDiscoveryId: 'ipam-res-disco-1', AddressRegion: 'us-east-1', MaxResults: 1000 }
    ec2
      .on(GetIpamDiscoveredPublicAddressesCommand, call)
      .resolves({ IpamDiscoveredPublicAddresses: [VPN], NextToken: 'more' })
      .on(GetIpamDiscoveredPublicAddressesCommand, { ...call, NextToken: 'more' })
      .resolves({ IpamDiscoveredPublicAddresses: [{ ...VPN, Address: '198.51.100.2' }] })

    const { events } = await look({})

    expect(events.map((event) => event.resource_id)).toEqual(['198.51.100.1', '198.51.100.2'])
  })

  it.each([
    ['disassociated', 'idle'],
    ['associated', 'in_use'],
  ] as const)('tells of an address that is %s that it is %s', async (AssociationStatus, state) => {
    discover({ 'us-east-1': [{ ...VPN, AssociationStatus }], 'eu-west-1': [] })

    expect((await look({})).events).toMatchObject([{ properties: { state } }])
  })

  it('does not know the price of addresses that are priced with their range', async () => {
    discover({ 'us-east-1': [{ ...VPN, AddressType: 'amazon-owned-contig' }], 'eu-west-1': [] })

    expect((await look({})).events).toMatchObject([
      {
        value: 0,
        unit: '',
        properties: { charge: 'unknown', charge_reason: expect.stringContaining('range') },
      },
    ])
  })

  it('asks no IPAM that is being deleted', async () => {
    discover({}, { ...IPAM, State: 'delete-in-progress' })

    expect((await look({})).run.status).toBe('complete')
    expect(ec2.commandCalls(GetIpamDiscoveredPublicAddressesCommand)).toEqual([])
  })

  it('is complete where EC2 knows no IPAM', async () => {
    ec2.on(DescribeIpamsCommand).rejects(awsError('InvalidAction'))

    expect((await look({})).run).toMatchObject({ status: 'complete', errors: [] })
  })
})

describe('ipv4, where IPAM cannot be asked,', () => {
  it.each([
    ['IPAM', () => ec2.on(DescribeIpamsCommand).rejects(DENIED)],
    [
      'public IP insights of ipam-1 for us-east-1',
      () => ec2.on(GetIpamDiscoveredPublicAddressesCommand).rejects(DENIED),
    ],
  ])('names %s, and tells what else it sees', async (part, deny) => {
    discover({})
    deny()

    const { events, run } = await look({ elasticIps: [elasticIp({})] })

    expect(events).toHaveLength(1)
    expect(run.status).toBe('partial')
    expect(run.errors[0]).toContain(`${part}: UnauthorizedOperation`)
  })

  it('names an IPAM without a resource discovery, and an answer without its list', async () => {
    discover(
      {},
      { ...IPAM, OperatingRegions: [{ RegionName: 'us-east-1' }], DefaultResourceDiscoveryId: undefined },
    )
    expect((await look({})).run.errors).toEqual([expect.stringContaining('names no resource discovery')])

    discover({}, { ...IPAM, OperatingRegions: [{ RegionName: 'us-east-1' }] })
    expect((await look({})).run.errors).toEqual([
      expect.stringContaining("no list 'IpamDiscoveredPublicAddresses'"),
    ])
  })
})
