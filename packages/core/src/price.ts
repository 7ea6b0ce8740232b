import * as z from 'zod'
import { IsoTime, StringMap } from './event.ts'

/**
 * One rate that AWS publishes: what a unit of a product costs under a term, within a range of quantities. Texts that do not
 * apply to the product are ''.
 */
export const AwsPrice = z.strictObject({
  /** Identifies the rate, forever: AWS's own for on-demand prices; offering, usage type and operation for Savings Plans. */
  rate_code: z.string().min(1),
  currency: z.string().min(1),
  /** Partition whose price list it is in. */
  price_list: z.string().min(1),
  service_code: z.string().min(1),
  term: z.enum(['OnDemand', 'SavingsPlan']),
  /** The product's; of a Savings Plan the offering's id. */
  sku: z.string().min(1),
  product_family: z.string(),
  /** Code of the region, local zone or wavelength zone; where data transfer starts. '' where the price is of no place. */
  region: z.string(),
  location: z.string(),
  usage_type: z.string(),
  operation: z.string(),
  instance_type: z.string(),
  operating_system: z.string(),
  tenancy: z.string(),
  license_model: z.string(),
  capacity_status: z.string(),
  pre_installed_sw: z.string(),
  /** As EBS's API has it: gp3, io2 … */
  volume_type: z.string(),
  savings_plan_type: z.string(),
  /** '1yr' or '3yr'. */
  lease_term: z.string(),
  purchase_option: z.string(),
  description: z.string(),
  unit: z.string().min(1),
  /** In `currency`, for each `unit`. */
  price: z.number().nonnegative(),
  /** Quantities in a month from which on, and up to which, this rate is charged; null where there is no end. */
  begin_range: z.number().nonnegative(),
  end_range: z.number().nonnegative().nullable(),
  /** Null where AWS does not say. */
  effective_date: IsoTime.nullable(),
  /** What else AWS says of the product, under its names: vcpu, memory, toRegionCode … */
  attributes: StringMap,
  observed_at: IsoTime,
})
export type AwsPrice = z.infer<typeof AwsPrice>
