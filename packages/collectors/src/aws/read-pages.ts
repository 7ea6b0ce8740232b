import { UnexpectedAnswerError } from '../errors.ts'

/** What was read, and what ended it before the last page. */
export interface Pages<Item> {
  readonly items: readonly Item[]
  readonly failure: { readonly error: unknown } | undefined
}

/** Every item of a list in pages that `keep` does not leave out; never throws, so that what was read is not lost to what could not be. */
export async function readPages<Key extends string, Item>(
  pages: AsyncIterable<{ readonly [Name in Key]?: readonly Item[] | undefined }>,
  key: Key,
  keep: (item: Item) => boolean = () => true,
): Promise<Pages<Item>> {
  const items: Item[] = []
  try {
    for await (const page of pages) {
      const list: readonly Item[] | undefined = page[key]
      if (!Array.isArray(list)) throw new UnexpectedAnswerError(`the answer has no list '${key}'`)
      for (const item of list) if (keep(item)) items.push(item)
    }
    return { items, failure: undefined }
  } catch (error) {
    return { items, failure: { error } }
  }
}
