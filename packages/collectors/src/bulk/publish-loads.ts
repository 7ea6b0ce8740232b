import { randomUUID } from 'node:crypto'
import { type BulkLoad, type BulkLoadKind, makeBulkLoad, type PoloConfig } from '@polo/core'
import { describeError } from '../classify-failure.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { createRowPublisher } from '../publish/row-publisher.ts'
import { findTarget } from './find-target.ts'
import { readObjectEvents, type WrittenObject } from './read-object-events.ts'

/** A message of S3's, or of EventBridge's about S3. */
export interface ObjectMessage {
  readonly messageId: string
  readonly body: string
}

/** A message that could not be read, and why. */
export interface RefusedObjectMessage {
  readonly messageId: string
  readonly error: string
}

/** The collector that asks for loads of a kind. */
export const LOAD_COLLECTORS: Readonly<Record<BulkLoadKind, string>> = {
  cur: 'cost_cur',
  flow_logs: 'flow_logs',
}

export interface PublishLoadsOptions {
  readonly sink: BlockSink
  readonly config: PoloConfig
  readonly now?: Date
}

/**
 * Asks for the loads that messages about objects call for; objects that no configured bucket holds are none of ours.
 * Resolves to the messages that were refused: those must come back, and end as dead letters.
 * @throws PublishError when the queue did not take a block: then none of the messages may be taken for done
 */
export async function publishObjectLoads(
  messages: readonly ObjectMessage[],
  { sink, config, now = new Date() }: PublishLoadsOptions,
): Promise<RefusedObjectMessage[]> {
  const refused: RefusedObjectMessage[] = []
  const loads = messages.flatMap(({ messageId, body }) => {
    try {
      return readObjectEvents(body).flatMap((object) => toLoad(object, config, now) ?? [])
    } catch (error) {
      refused.push({ messageId, error: describeError(error) })
      return []
    }
  })
  await publishLoads(sink, loads)
  return refused
}

/** @throws PublishError when the queue did not take a block */
export async function publishLoads(sink: BlockSink, loads: readonly BulkLoad[]): Promise<void> {
  for (const [kind, some] of Map.groupBy(loads, (load) => load.kind)) {
    const publisher = createRowPublisher({
      sink,
      schema: 'bulk_load/1',
      runId: randomUUID(),
      collector: LOAD_COLLECTORS[kind],
      onFailure: () => {},
    })
    for (const load of some) await publisher.publish(load)
    const { error } = await publisher.finish()
    if (error) throw error
  }
}

function toLoad(object: WrittenObject, config: PoloConfig, now: Date): BulkLoad | undefined {
  const found = findTarget(object, { config, now })
  if (!found) return undefined
  const { kind, source, target } = found
  return makeBulkLoad({
    kind,
    source: source.name,
    target,
    storage: 's3',
    aws_account_id: object.account,
    bucket: object.bucket,
    region: source.region,
    key: object.key,
    etag: object.etag,
    bytes: object.bytes,
    modified_at: wholeSecond(object.writtenAt).toISOString(),
    observed_at: now.toISOString(),
  })
}

/** As listings tell it: a finer time would make an object seem newer than what was written after it in the same second. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}
