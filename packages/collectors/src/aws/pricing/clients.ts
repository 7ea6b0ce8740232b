import { SavingsplansClient } from '@aws-sdk/client-savingsplans'
import type { CollectContext } from '../../collector.ts'
import { PriceListClient } from './price-list-client.ts'

export const CLIENTS = { pricing: PriceListClient, savingsplans: SavingsplansClient }
export type PricingContext = CollectContext<typeof CLIENTS>
