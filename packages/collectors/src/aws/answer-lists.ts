import type { Tags } from '@polo/core'

type List<Item> = readonly (Item | null)[] | null | undefined

/** What `read` finds in each item; AWS leaves a list out where it would be empty. */
export function valuesOf<Item>(
  list: List<Item>,
  read: (item: Item) => string | boolean | Date | null | undefined,
): string[] {
  return itemsOf(list).flatMap((item) => {
    const value = read(item)
    if (value === undefined || value === null) return []
    return value instanceof Date ? value.toISOString() : String(value)
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
