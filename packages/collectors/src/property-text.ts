import type { PropertyValue } from './collector.ts'

/** A property as it is stored; '' for one that is left out. */
export function toText(value: PropertyValue): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return value.some(Boolean) ? value.join(',') : ''
  return String(value)
}
