import { FilterType, type GetProductsCommandOutput, paginateGetProducts } from '@aws-sdk/client-pricing'
import type { PricingContext } from './clients.ts'
import { mergePages } from './merge-pages.ts'
import type { PriceQuery } from './price-queries.ts'
import { type PriceRow, readProduct } from './read-product.ts'

/** The most that the Price List API gives. */
const PAGE_SIZE = 100
/** Together they draw on 5 calls a second: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-pelong.html */
const QUERIES_AT_ONCE = 4

/** A source of the on-demand prices of the products that these queries find. */
export function collectPrices(queries: readonly PriceQuery[]) {
  return async function* (context: PricingContext): AsyncGenerator<PriceRow> {
    const lists = queries.map((query) => () => askProducts(context, query))
    for await (const page of mergePages(lists, QUERIES_AT_ONCE)) {
      yield* context.each({ PriceList: listOf(page.PriceList) }, 'PriceList', (product) => [
        ...readProduct(String(product), context.partition),
      ])
    }
  }
}

/** The pages of a query. None at all is said: AWS may call the products otherwise by now. */
async function* askProducts(
  context: PricingContext,
  query: PriceQuery,
): AsyncGenerator<GetProductsCommandOutput> {
  const Filters = Object.entries(query.attributes).map(([Field, Value]) => ({
    Type: FilterType.TERM_MATCH,
    Field,
    Value,
  }))
  const pages = paginateGetProducts(
    { client: context.clients.pricing, pageSize: PAGE_SIZE },
    { ServiceCode: query.serviceCode, FormatVersion: 'aws_v1', Filters },
    { abortSignal: context.signal },
  )
  let isEmpty = true
  for await (const page of pages) {
    if (listOf(page.PriceList)?.length) isEmpty = false
    yield page
  }
  if (isEmpty) context.note(`AWS lists no products of ${describeQuery(query)}`)
}

function describeQuery({ serviceCode, attributes }: PriceQuery): string {
  return [serviceCode, ...Object.entries(attributes).map(([name, value]) => `${name} ${value}`)].join(', ')
}

/** The SDK takes each product for an object that it is not. */
function listOf(list: GetProductsCommandOutput['PriceList'] | null): readonly unknown[] | undefined {
  return Array.isArray(list) ? list : undefined
}
