import * as z from 'zod'
import { describeError } from '../../classify-failure.ts'
import type { TableRow } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'

/** A price as collectors yield it. */
export type PriceRow = Extract<TableRow, { readonly schema: 'aws_price/1' }>

const Text = z.string().default('')
const Amount = z
  .string()
  .regex(/^\d+(\.\d+)?(e-?\d+)?$/i, 'expected a number')
  .transform(Number)
const Dimension = z.object({
  rateCode: z.string(),
  unit: z.string(),
  description: Text,
  beginRange: Amount.default(0),
  endRange: z.union([z.literal('Inf').transform(() => null), Amount]).default(null),
  pricePerUnit: z.record(z.string(), Amount),
})
const Term = z.object({
  effectiveDate: z.iso
    .datetime()
    .transform((time) => new Date(time).toISOString())
    .nullable()
    .default(null),
  priceDimensions: z.record(z.string(), Dimension),
})
/** What is read of https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-an-offer.html */
const Priced = z.object({
  serviceCode: z.string(),
  product: z.object({ sku: z.string(), productFamily: Text, attributes: z.record(z.string(), z.string()) }),
  terms: z.object({ OnDemand: z.record(z.string(), Term).default({}) }).default({ OnDemand: {} }),
})
type Product = z.infer<typeof Priced>['product']

/**
 * The on-demand rates of one product, as the Price List API tells of it: in text of JSON.
 * @throws SyntaxError or UnexpectedAnswerError, with the product's SKU, for one that is not as documented
 */
export function* readProduct(text: string, priceList: string): Generator<PriceRow> {
  const { serviceCode, product, terms } = parsePriced(JSON.parse(text))
  const about = describeProduct(product)
  for (const term of Object.values(terms.OnDemand)) {
    for (const dimension of Object.values(term.priceDimensions)) {
      for (const [currency, price] of Object.entries(dimension.pricePerUnit)) {
        yield {
          schema: 'aws_price/1',
          row: {
            ...about,
            rate_code: dimension.rateCode,
            currency,
            price_list: priceList,
            service_code: serviceCode,
            term: 'OnDemand',
            savings_plan_type: '',
            lease_term: '',
            purchase_option: '',
            description: dimension.description,
            unit: dimension.unit,
            price,
            begin_range: dimension.beginRange,
            end_range: dimension.endRange,
            effective_date: term.effectiveDate,
          },
        }
      }
    }
  }
}

function parsePriced(json: unknown): z.infer<typeof Priced> {
  const parsed = Priced.safeParse(json)
  if (parsed.success) return parsed.data
  const sku = z.object({ product: z.object({ sku: z.string() }) }).safeParse(json).data?.product.sku
  throw new UnexpectedAnswerError(`product ${sku ?? 'without a SKU'}: ${describeError(parsed.error)}`)
}

/** What all rates of a product have in common; attributes that have no column stay together. */
function describeProduct({ sku, productFamily, attributes }: Product) {
  const {
    regionCode,
    fromRegionCode = '',
    location,
    fromLocation = '',
    servicecode: _,
    ...texts
  } = attributes
  const { usagetype = '', operation = '', instanceType = '', operatingSystem = '', ...more } = texts
  const { tenancy = '', licenseModel = '', capacitystatus = '', preInstalledSw = '', ...others } = more
  const { volumeApiName = '', ...rest } = others
  return {
    sku,
    product_family: productFamily,
    region: regionCode ?? fromRegionCode,
    location: location ?? fromLocation,
    usage_type: usagetype,
    operation,
    instance_type: instanceType,
    operating_system: operatingSystem,
    tenancy,
    license_model: licenseModel,
    capacity_status: capacitystatus,
    pre_installed_sw: preInstalledSw,
    volume_type: volumeApiName,
    attributes: rest,
  }
}
