import { lookup } from 'node:dns/promises'
import { homeRegionOf, partitionOf } from '@polo/core'

/** As services of the JSON protocol and EC2 say it. */
const UNKNOWN_OPERATION = new Set(['UnknownOperationException', 'InvalidAction'])

/**
 * Whether a call failed because AWS does not offer the service in the region, so that there is nothing of it to see.
 * An endpoint's missing name says so only where the same service's name in the partition's home is found: else it is
 * the network that does not know the names.
 */
export async function lacksService(error: unknown, region: string): Promise<boolean> {
  if (!(error instanceof Error)) return false
  if (UNKNOWN_OPERATION.has(error.name)) return true
  const hostname = missingHost(error)
  const home = homeRegionOf(partitionOf(region))
  if (!hostname?.includes(`.${region}.`) || region === home) return false
  try {
    await lookup(hostname.replace(`.${region}.`, `.${home}.`))
    return true
  } catch {
    return false
  }
}

function missingHost(error: Error): string | undefined {
  if (!('code' in error) || error.code !== 'ENOTFOUND' || !('hostname' in error)) return undefined
  return String(error.hostname)
}
