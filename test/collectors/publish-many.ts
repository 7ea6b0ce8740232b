// Started as a process of its own by publisher-memory.slow.test.ts: publishes as many events as it is told and prints its peak memory.
import { createPublisher } from '@polo/collectors'
import { sampleEvent } from '../../bench/sample-events.ts'

const count = Number(process.argv[2])
let bodies = 0
let largest = 0
const publisher = createPublisher({
  sink: {
    async send(body) {
      bodies++
      largest = Math.max(largest, Buffer.byteLength(body))
    },
  },
  schema: 'resource_event/1',
  runId: '2d8a3a52-6a4c-4d0e-9a45-0c3f5a0f6f11',
  collector: 'config_ec2',
  onTooLarge(error) {
    throw error
  },
})
const started = performance.now()
for (let index = 0; index < count; index++) {
  await publisher.publish(sampleEvent(index, '2026-01-15T00:00:00.000Z', '2026-01-15T00:00:01.000Z'))
}
const { blocks } = await publisher.finish()
const rows = blocks.reduce((sum, block) => sum + block.rows, 0)
const seconds = (performance.now() - started) / 1_000
const peakMegabytes = process.resourceUsage().maxRSS / 1_024
process.stdout.write(JSON.stringify({ rows, bodies, largest, peakMegabytes, seconds }))
