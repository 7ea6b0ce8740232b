import { OrganizationsClient } from '@aws-sdk/client-organizations'
import type { CollectContext } from '../../collector.ts'
import { UnexpectedAnswerError } from '../../errors.ts'

export const CLIENTS = { organizations: OrganizationsClient }
export type Context = CollectContext<typeof CLIENTS>

/** Organizations throttles by organization, and every caller in it draws on the same few calls a second. */
export const CALLS_AT_ONCE = 4
/** The most that Organizations gives. */
export const PAGE_SIZE = 20

/** What was read, and what ended it before the last page. */
export interface Pages<Item> {
  readonly items: readonly Item[]
  readonly failure: { readonly error: unknown } | undefined
}

/** Every item of a list in pages; never throws, so that what was read is not lost to what could not be. */
export async function readPages<Key extends string, Item>(
  pages: AsyncIterable<{ readonly [Name in Key]?: readonly Item[] | undefined }>,
  key: Key,
): Promise<Pages<Item>> {
  const items: Item[] = []
  try {
    for await (const page of pages) {
      const list: readonly Item[] | undefined = page[key]
      if (!Array.isArray(list)) throw new UnexpectedAnswerError(`the answer has no list '${key}'`)
      items.push(...list)
    }
    return { items, failure: undefined }
  } catch (error) {
    return { items, failure: { error } }
  }
}
