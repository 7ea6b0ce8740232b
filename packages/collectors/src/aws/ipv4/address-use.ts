import { isAssociated } from '../config-network/addresses.ts'
import { instanceOf } from './address-user.ts'
import type { KnownAddress } from './known-address.ts'
import type { User } from './look-up-users.ts'

/** Whether an address is in use, as AWS's bills tell it; no state where what has it could not be seen. */
export interface AddressUse {
  readonly state: 'in_use' | 'idle' | undefined
  readonly reason?: string
}

const IN_USE: AddressUse = { state: 'in_use' }
const UNKNOWN: AddressUse = { state: undefined }
const IN_USE_STATES = new Set(['pending', 'running'])

/**
 * Only an Elastic IP stays while it is idle: associated with nothing, with an interface that is attached to nothing, or
 * with an instance that does not run. https://repost.aws/knowledge-center/elastic-ip-charges
 */
export function useOf(known: KnownAddress, user: User | undefined): AddressUse {
  const { elasticIp, attachment } = known
  const isElastic = elasticIp !== undefined || Boolean(attachment?.association.AllocationId)
  if (!attachment && isUnassociated(known)) return idle('associated with nothing')
  if (!isElastic) return IN_USE
  if (instanceOf(known)) {
    if (!user?.state) return UNKNOWN
    return IN_USE_STATES.has(user.state) ? IN_USE : idle(`its instance is ${user.state}`)
  }
  if (!attachment) return UNKNOWN
  return attachment.networkInterface.Status === 'available'
    ? idle('its network interface is attached to nothing')
    : IN_USE
}

/** By lists that are read before the interfaces are, or told by IPAM with a delay: an interface that has it knows better. */
function isUnassociated({ elasticIp, insight }: KnownAddress): boolean {
  return elasticIp ? !isAssociated(elasticIp) : insight?.AssociationStatus === 'disassociated'
}

function idle(reason: string): AddressUse {
  return { state: 'idle', reason }
}
