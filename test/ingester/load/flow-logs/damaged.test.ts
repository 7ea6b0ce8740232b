import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { useFlowLogs } from './flow-log-stage.ts'
import { flowRecord, logOf } from './records.ts'

const flowLogs = useFlowLogs()

it('gives up at once what is damaged, by its name, and loads what is asked for beside it', async () => {
  const records = Array.from({ length: 1_000 }, (_, port) => flowRecord({ srcport: port }))
  const zipped = gzipSync(logOf(...records))
  const fine = await flowLogs.write('fine.log.gz', zipped)
  const damaged = [
    await flowLogs.write('cut.log.gz', zipped.subarray(0, zipped.length / 2)),
    await flowLogs.write('no.log.gz', 'this is not gzip'),
    await flowLogs.write('no.parquet', 'this is not Parquet'),
    await flowLogs.write('cut.parquet', 'PAR1'),
  ]

  const loads = await flowLogs.load(...damaged, fine)
  expect(loads[fine]).toMatchObject({ status: 'loaded', rows: 1_000 })
  for (const key of damaged) {
    expect(loads[key]).toMatchObject({
      status: 'given_up',
      error: expect.stringMatching(new RegExp(`${key} cannot be read: .+ \\(ClickHouse \\d+\\)`)),
    })
  }
  expect(await flowLogs.traffic('sum(records) AS records')).toEqual([{ records: 1_000 }])
})
