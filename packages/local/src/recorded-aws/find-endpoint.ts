import type { SdkClient } from '@polo/collectors'
import { REGION_NAME } from '@polo/core'

/** Where the SDK would send a request: AWS's endpoint prefix (`ec2`, `api.sagemaker`) and whether it is the region's own. */
export interface Endpoint {
  readonly prefix: string
  readonly isRegional: boolean
}

/** Labels behind which only the partition follows; `us-gov` stands in for a region in global hosts of that partition. */
const SUFFIX_LABELS = new Set(['amazonaws', 'api', 'us-gov'])
const GLOBAL_LABEL = 'global'

/**
 * Asks the client's own endpoint rules, so that endpoints configured in the environment change nothing.
 * A host without the region's name belongs to an account-wide service.
 */
export function findEndpoint(client: SdkClient, region: string): Endpoint {
  const { url } = client.config.endpointProvider({
    Region: region,
    UseDualStack: false,
    UseFIPS: false,
    UseGlobalEndpoint: false,
  })
  const labels = url.hostname.split('.')
  const end = labels.findIndex((label, index) => index > 0 && isEnd(label, labels[index + 1]))
  const prefix = labels.slice(0, end === -1 ? 1 : end).filter((label) => label !== GLOBAL_LABEL)
  return { prefix: prefix.join('.'), isRegional: labels.includes(region) }
}

function isEnd(label: string, next: string | undefined): boolean {
  if (REGION_NAME.test(label)) return true
  return SUFFIX_LABELS.has(label) && (label !== 'api' || next === 'aws')
}
