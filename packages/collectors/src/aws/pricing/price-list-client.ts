import { PricingClient, type PricingClientConfig } from '@aws-sdk/client-pricing'
import { type Partition, partitionOf } from '@polo/core'
import { UnexpectedAnswerError } from '../../errors.ts'

/** The Price List API answers in few regions, each of them for all: https://docs.aws.amazon.com/general/latest/gr/billing.html */
const API_REGIONS: Readonly<Partial<Record<Partition, string>>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-northwest-1',
}

const IN_STANDARD_LIST =
  "its prices are in the price list of AWS's standard regions, to be read from an account there"

/**
 * Asks where the Price List API is, whatever region is looked at.
 * @throws UnexpectedAnswerError in a partition that has none
 */
export class PriceListClient extends PricingClient {
  constructor(config: Omit<PricingClientConfig, 'region'> & { readonly region: string }) {
    super({ ...config, region: apiRegion(config.region) })
  }
}

function apiRegion(region: string): string {
  const partition = partitionOf(region)
  const found = API_REGIONS[partition]
  if (found !== undefined) return found
  const advice = partition === 'aws-us-gov' ? IN_STANDARD_LIST : 'none is known here'
  throw new UnexpectedAnswerError(`partition ${partition} has no Price List API: ${advice}`)
}
