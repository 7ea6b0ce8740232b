import { defineCollector } from '../collector.ts'
import { SCHEDULES } from '../schedules.ts'
import { CLIENTS } from './pricing/clients.ts'
import { collectPrices } from './pricing/on-demand-prices.ts'
import {
  DATA_TRANSFER,
  INSTANCES,
  LOAD_BALANCERS,
  NAT_GATEWAYS,
  PUBLIC_IPV4,
  VOLUMES,
} from './pricing/price-queries.ts'
import { collectSavingsPlanRates } from './pricing/savings-plan-rates.ts'

export const pricing = defineCollector({
  name: 'pricing',
  description:
    'AWS list prices in all regions: EC2 instances on demand and under Savings Plans, EBS, load balancers, NAT gateways, ' +
    'public IPv4 addresses and data transfer',
  scope: 'organization',
  schedule: SCHEDULES.prices,
  // 340,000 rates took 430 MB.
  memoryMb: 1_024,
  resourceTypes: {},
  tables: ['aws_price/1'],
  permissions: ['pricing:GetProducts', 'savingsplans:DescribeSavingsPlansOfferingRates'],
  clients: CLIENTS,
  sources: {
    instances: collectPrices(INSTANCES),
    volumes: collectPrices(VOLUMES),
    load_balancers: collectPrices(LOAD_BALANCERS),
    nat_gateways: collectPrices(NAT_GATEWAYS),
    public_ipv4: collectPrices(PUBLIC_IPV4),
    data_transfer: collectPrices(DATA_TRANSFER),
    savings_plan_rates: collectSavingsPlanRates,
  },
})
