import type { CollectContext, TableRow } from '../../collector.ts'
import { toText } from '../../property-text.ts'
import { type PropertyTable, readProperties } from '../property-table.ts'
import type { End } from './ends.ts'

/** A kind of edge: from a resource of one type to one of another, and what is told of it. */
export interface Relation<Item = never> {
  readonly from: string
  /** A verb, so that 'from name to' is a sentence. Stored, so it never changes. */
  readonly name: string
  readonly to: string
  readonly meaning: string
  readonly properties?: PropertyTable<Item>
}

/** `item` is what the relation's properties are read from. */
interface Edge<Item> {
  readonly from: End
  readonly to: End
  readonly item: Item
}

/** The rows of an edge: none where AWS leaves its far end out. Of a near end without an id the runner rejects the row. */
export function relate<Item>(
  { account, region, slot }: Pick<CollectContext, 'account' | 'region' | 'slot'>,
  relation: Relation<Item>,
  { from, to, item }: Edge<Item>,
): TableRow[] {
  if (to.id === '') return []
  const seen = slot.toISOString()
  return [
    {
      schema: 'resource_relationship/1',
      row: {
        // In front, for what is rejected is told by its first words.
        from_type: from.type,
        from_id: from.id,
        relation: relation.name,
        to_type: to.type,
        to_id: to.id,
        from_arn: from.arn,
        to_arn: to.arn,
        collector: 'relationships',
        aws_account_id: account,
        aws_region: region,
        properties: toTexts(relation.properties ?? {}, item),
        first_seen: seen,
        last_seen: seen,
      },
    },
  ]
}

function toTexts<Item>(table: PropertyTable<Item>, item: Item): Record<string, string> {
  const texts = Object.entries(readProperties(table, item)).map(([name, value]) => [name, toText(value)])
  return Object.fromEntries(texts.filter(([, text]) => text !== ''))
}
