import { type Block, formatEnvelope, freezeEncodedRows, NativeEncoder, QUEUED_SCHEMAS } from '@polo/core'
import { expect, it } from 'vitest'
import { decodeDeadLetter } from '../../packages/cli/src/dead-letters/decode-dead-letter.ts'
import { eventRows, head } from '../ingester/factories.ts'

const encoder = new NativeEncoder(QUEUED_SCHEMAS['resource_event/1'])
for (const row of eventRows('native', 3)) encoder.append(row)
const RAW = Buffer.from(encoder.body())
const BLOCK = freezeEncodedRows(RAW, 3, 'Native')

const decode = (block: Block, schema = 'resource_event/1') =>
  decodeDeadLetter(formatEnvelope(head({ schema }), block))

it('decodes the rows of a Native block', async () => {
  const { problems, rows } = await decode(BLOCK)
  expect(problems).toEqual([])
  expect(rows.map(({ line }) => JSON.parse(line))).toMatchObject(eventRows('native', 3))
})

it('decodes Native rows although their number, hash or columns are not what the envelope says', async () => {
  for (const letter of [
    decode({ ...BLOCK, rows: 7 }),
    decode({ ...BLOCK, blockId: '0'.repeat(64) }),
    decode(BLOCK, 'aws_account/1'),
  ]) {
    const { problems, rows } = await letter
    expect(problems).toEqual([expect.stringMatching(/_mismatch: /)])
    expect(rows).toHaveLength(3)
  }
})

it('says what is wrong with Native data that is cut short', async () => {
  const decoded = await decode(freezeEncodedRows(RAW.subarray(0, -1), 3, 'Native'))
  expect(decoded).toMatchObject({ problems: [expect.stringMatching(/^malformed_rows: /)], rows: [] })
})
