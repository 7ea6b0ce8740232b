import type { Tags } from '@polo/core'

type List<Item> = readonly (Item | null)[] | null | undefined

type Value = string | boolean | Date | null | undefined

/** What `read` finds in each item, without those where it finds nothing; AWS leaves a list out where it would be empty. */
export function valuesOf<Item>(list: List<Item>, read: (item: Item) => Value): string[] {
  return alignedValuesOf(list, read).filter((value) => value !== '')
}

/** What `read` finds in each item, '' where it finds nothing: for lists that say something of the same items. */
export function alignedValuesOf<Item>(list: List<Item>, read: (item: Item) => Value): string[] {
  return itemsOf(list).map((item) => {
    const value = read(item)
    return value instanceof Date ? value.toISOString() : String(value ?? '')
  })
}

export function itemsOf<Item>(list: List<Item>): Item[] {
  return (list ?? []).filter((item) => item !== null && item !== undefined)
}

/** A tag without a value has the value ''. */
export function readTags(
  list: List<{ readonly Key?: string | undefined; readonly Value?: string | undefined }>,
): Tags {
  return Object.fromEntries(itemsOf(list).flatMap(({ Key, Value }) => (Key ? [[Key, Value ?? '']] : [])))
}
