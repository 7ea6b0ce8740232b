import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BlockSink, createPublisher, createSqsSink } from '@polo/collectors'
import { formatEnvelope, freezeEncodedRows, openBlock, parseEnvelope } from '@polo/core'
import { type RuntimeAddresses, sqsClient } from '@polo/local'
import { sampleEvent } from '../../../bench/sample-events.ts'

/** Made and published as a collector does it; all others are their blocks with ids of their own, which costs little. */
const MADE = 200_000
/** Enough for the ingester never to wait for messages, and little enough for the queue's own memory. */
const MAX_BACKLOG = 300_000
const WAIT_MS = 50
const SLOT = '2026-01-15T00:00:00.000Z'
const OBSERVED_AT = '2026-01-15T00:00:01.000Z'
const RUN_ID = '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11'
const UUID_BYTES = 16

/** Queues at least this many events as fast as they are stored, and says how many they were in the end. */
export async function feed(
  { sqsEndpoint, queueUrl }: RuntimeAddresses,
  events: number,
  stored: () => number,
): Promise<number> {
  const client = sqsClient(sqsEndpoint)
  const sink = createSqsSink({ client, queueUrl })
  let fed = 0
  const room = async () => {
    while (fed - stored() > MAX_BACKLOG) await sleep(WAIT_MS)
  }
  const bodies: string[] = []
  await publish(Math.min(MADE, events), {
    async send(body) {
      await room()
      bodies.push(body)
      fed += parseEnvelope(body).block.rows
      await sink.send(body)
    },
  })
  for (let next = 0; fed < events; next = (next + 1) % bodies.length) {
    await room()
    const { body, rows } = await renew(bodies[next] ?? '')
    fed += rows
    await sink.send(body)
  }
  client.destroy()
  return fed
}

async function publish(events: number, sink: BlockSink): Promise<void> {
  const publisher = createPublisher({
    sink,
    schema: 'resource_event/1',
    runId: RUN_ID,
    collector: 'config_ec2',
    onTooLarge: (error) => {
      throw error
    },
  })
  for (let index = 0; index < events; index++) await publisher.publish(sampleEvent(index, SLOT, OBSERVED_AT))
  const { error } = await publisher.finish()
  if (error) throw error
}

/** The block again, as the same observations of other resources: only the ids, its first column, are new. */
async function renew(body: string): Promise<{ body: string; rows: number }> {
  const { envelope, block, schema } = parseEnvelope(body)
  if (block.format !== 'Native') throw new Error('only Native blocks can be given other ids')
  const raw = await openBlock(block, schema)
  const { schema: name, run_id, collector, created_at } = envelope
  const firstValue = raw.indexOf('UUID') + 'UUID'.length
  randomFillSync(raw, firstValue, block.rows * UUID_BYTES)
  const renewed = freezeEncodedRows(raw, block.rows, block.format)
  return {
    body: formatEnvelope({ schema: name, run_id, collector, created_at }, renewed),
    rows: block.rows,
  }
}
