import type { PropertyValue } from '../collector.ts'

/** A type's properties: name to what it says and how to read it from an item of AWS's answer. */
export type PropertyTable<Item> = Readonly<
  Record<string, readonly [meaning: string, read: (item: Item) => PropertyValue]>
>

/** For `resourceTypes`: the name and meaning of every property in the table. */
export function documentProperties(table: PropertyTable<never>): Record<string, string> {
  return Object.fromEntries(Object.entries(table).map(([name, [meaning]]) => [name, meaning]))
}

export function readProperties<Item>(table: PropertyTable<Item>, item: Item): Record<string, PropertyValue> {
  return Object.fromEntries(Object.entries(table).map(([name, [, read]]) => [name, read(item)]))
}
