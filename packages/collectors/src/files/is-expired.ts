import type { EventType } from '@polo/core'
import type { FileContext } from './file-reader.ts'

const DAY_MS = 86_400_000

/** Whether events of this type and time are older than they are kept. */
export function isExpired(type: EventType, time: Date, { config, observedAt }: FileContext): boolean {
  return time.getTime() < observedAt.getTime() - config.retentionDays[type] * DAY_MS
}
