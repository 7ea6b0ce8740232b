import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../pipeline.ts'
import { FIXTURES, fileLoad, loadFiles, makeDirectory } from './cur-loads.ts'

const FILE = join(FIXTURES, 'focus-converters-cur', 'sample-anonymous-aws-export-dataset.csv.gz')
const NEEDED = [
  'lineItem/UsageStartDate',
  'lineItem/UsageAccountId',
  'lineItem/UnblendedCost',
  'lineItem/LineItemType',
]
const AS_TEXT = {
  input_format_csv_use_best_effort_in_schema_inference: 0,
  schema_inference_make_columns_nullable: 0,
} as const

let polo: Pipeline
let directory: Awaited<ReturnType<typeof makeDirectory>>
let columns: string[]
beforeAll(async () => {
  polo = await startPipeline()
  directory = await makeDirectory()
  const described = await polo.clickhouse.query({
    query: `DESCRIBE TABLE file('${FILE}', 'CSVWithNames')`,
    format: 'JSONEachRow',
    clickhouse_settings: AS_TEXT,
  })
  columns = (await described.json<{ name: string }>()).map(({ name }) => name)
})
afterAll(async () => {
  await polo?.stop()
  await directory?.remove()
})

const SUMS = `SELECT aws_account_id, charge_type, toDate(usage_start) AS day, toString(sum(unblended_cost)) AS cost
  FROM cost_line_items GROUP BY ALL ORDER BY ALL`

it('comes to the same sums whatever other columns there are, in whatever order', async () => {
  await loadFiles(polo, [fileLoad(join(FIXTURES, 'focus-converters-cur'), './')])
  const sums = await polo.select(SUMS)
  expect(sums.length).toBeGreaterThan(10)
  let run = 0
  const others = columns.filter((name) => !NEEDED.includes(name))
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(others),
      fc.array(fc.constantFrom('resourceTags/user:team', 'brandNew/Column', 'product/vcpu'), {
        maxLength: 3,
      }),
      fc.infiniteStream(fc.nat()),
      async (some, added, random) => {
        const order = [...NEEDED, ...some].map((name) => ({ name, key: random.next().value }))
        const chosen = order.sort((a, b) => a.key - b.key).map(({ name }) => `"${name}"`)
        const made = [...new Set(added)]
          .filter((name) => !columns.includes(name))
          .map((name) => `'x' AS "${name}"`)
        const folder = `run-${++run}`
        await polo.clickhouse.command({
          query: `INSERT INTO FUNCTION file('${directory.path}/${folder}/x.csv', 'CSVWithNames')
            SELECT ${[...chosen, ...made].join(', ')} FROM file('${FILE}', 'CSVWithNames')`,
          clickhouse_settings: AS_TEXT,
        })
        const [load] = await loadFiles(polo, [fileLoad(directory.path, `${folder}/`)])
        expect(load).toMatchObject({ status: 'loaded', error: '', rows: 627 })
        expect(await polo.select(SUMS)).toEqual(sums)
      },
    ),
    { numRuns: 8 },
  )
})
