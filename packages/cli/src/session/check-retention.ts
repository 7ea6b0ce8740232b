import { existsSync } from 'node:fs'
import type { EventType } from '@polo/core'
import { readShorterRetention } from '@polo/ingester'
import { UsageError } from '../errors.ts'
import type { Output } from '../output/output.ts'
import { tellOn } from '../up/watch/watch-pipeline.ts'
import type { CommandContext } from './context.ts'
import type { Session } from './session.ts'

interface RetentionContext extends Pick<CommandContext, 'settings' | 'config'> {
  readonly session: Pick<Session, 'clickhouse'>
}

/**
 * Says of which of these events the database deletes sooner than the configuration file says; undefined where none.
 * What is older would be taken for stored, and be gone.
 */
export async function describeShorterRetention(
  { session, settings, config }: RetentionContext,
  types?: readonly EventType[],
): Promise<string | undefined> {
  // Somebody else's file may have configured the database.
  if (!existsSync(settings.configFile)) return undefined
  const shorter = await readShorterRetention(session.clickhouse, config.retentionDays)
  const told = shorter.filter(({ eventType }) => types === undefined || types.includes(eventType))
  if (told.length === 0) return undefined
  const kept = told.map(
    ({ eventType, days, configuredDays }) => `${eventType} ${days}, not ${configuredDays}`,
  )
  return `the database keeps events for fewer days than ${settings.configFile} says (${kept.join('; ')}): run polo migrate`
}

/** Before files of any age are read. @throws UsageError where the database would delete what the configuration keeps */
export async function requireRetention(
  context: RetentionContext,
  types: readonly EventType[],
): Promise<void> {
  const shorter = await describeShorterRetention(context, types)
  if (shorter !== undefined) throw new UsageError(shorter)
}

/** Before what is new is collected: most of it is young, and a database that is away has its own ways to be told. */
export async function warnOfRetention(context: RetentionContext, output: Output): Promise<void> {
  const shorter = await describeShorterRetention(context).catch(() => undefined)
  if (shorter !== undefined) tellOn(output)(`! ${shorter}`)
}
