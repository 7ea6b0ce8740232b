import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'

const SAMPLE = fileURLToPath(
  new URL(
    '../test/fixtures/focus-converters-cur/sample-anonymous-aws-export-dataset.csv.gz',
    import.meta.url,
  ),
)
/** Line items of the sample, which are repeated. */
const SAMPLE_LINES = 627
const AS_TEXT = {
  input_format_csv_use_best_effort_in_schema_inference: 0,
  schema_inference_make_columns_nullable: 0,
} as const

export interface CurSample {
  readonly directory: string
  readonly rows: number
  readonly files: number
  /** Another amount in every line, for a restatement. */
  readonly factor?: number
}

/** The sample's own month. */
export const PERIOD = '2023-11'
/** Where a delivery is, below its directory. */
export const DATA = `data/BILLING_PERIOD=${PERIOD}`
export const MANIFEST = `metadata/BILLING_PERIOD=${PERIOD}/org-Manifest.json`

/**
 * Has the engine write a delivery of CUR 2.0 as Parquet, with a manifest: the real lines of a legacy report again and
 * again, over the hours of their month, each with a line item id and a resource of its own, which the sample lacks, and
 * with tags on two of three. Not as AWS writes Parquet, but with its columns, types and maps.
 */
export async function writeCurSample(clickhouse: ClickHouseClient, sample: CurSample): Promise<void> {
  const { directory, rows, files, factor = 1 } = sample
  for (const folder of [DATA, dirname(MANIFEST)]) await mkdir(join(directory, folder), { recursive: true })
  const perFile = Math.ceil(rows / files)
  const columns = await curColumns(clickhouse, factor)
  const keys: string[] = []
  for (let file = 0; file < files; file++) {
    const key = `${DATA}/org-${String(file + 1).padStart(5, '0')}.snappy.parquet`
    const count = Math.min(perFile, rows - file * perFile)
    const repeats = Math.ceil(count / SAMPLE_LINES)
    await clickhouse.command({
      query: `INSERT INTO FUNCTION file('${join(directory, key)}', 'Parquet')
        SELECT ${columns} FROM file('${SAMPLE}', 'CSVWithNames') AS line
        CROSS JOIN (SELECT number + ${file * repeats} AS copy FROM numbers(${repeats})) AS copies
        LIMIT ${count}`,
      clickhouse_settings: {
        ...AS_TEXT,
        engine_file_truncate_on_insert: 1,
        output_format_parquet_compression_method: 'snappy',
        output_format_parquet_row_group_size: '200000',
      },
    })
    keys.push(`s3://billing/${key}`)
  }
  const manifest = JSON.stringify({ executionId: `made-${factor}`, dataFiles: keys })
  await clickhouse.command({
    query: `INSERT INTO FUNCTION file('${join(directory, MANIFEST)}', 'RawBLOB', 'raw_blob String')
      SELECT {manifest: String} SETTINGS engine_file_truncate_on_insert = 1`,
    query_params: { manifest },
  })
}

async function curColumns(clickhouse: ClickHouseClient, factor: number): Promise<string> {
  const described = await clickhouse.query({
    query: `DESCRIBE TABLE file('${SAMPLE}', 'CSVWithNames')`,
    format: 'JSONEachRow',
    clickhouse_settings: AS_TEXT,
  })
  const names = (await described.json<{ name: string }>()).map(({ name }) => name)
  const product = names.filter((name) => name.startsWith('product/'))
  const others = names.filter((name) => !name.startsWith('product/') && !REPLACED.has(name))
  const map = product.map((name) => `'${snake(name.slice('product/'.length))}', "${name}"`).join(', ')
  return [
    ...others.map((name) => `${typed(name, factor)} AS ${snake(name)}`),
    'concat("identity/LineItemId", \'-\', toString(copy)) AS identity_line_item_id',
    'parseDateTimeBestEffort("lineItem/UsageStartDate", \'UTC\') + toIntervalHour(copy % 24) AS line_item_usage_start_date',
    "concat('arn:aws:ec2:us-east-1:', \"lineItem/UsageAccountId\", ':instance/i-', lower(hex(cityHash64(copy % 5000)))) AS line_item_resource_id",
    `mapFilter((k, v) -> v != '', map(${map})) AS product`,
    `if(copy % 3 = 0, map(), map('user_team', concat('team-', toString(copy % 40)), 'user_env', if(copy % 2 = 0, 'prod', 'dev'),
      'user_name', concat('node-', toString(copy % 5000)))) AS resource_tags`,
    "map('business_unit', concat('unit-', toString(copy % 7))) AS cost_category",
  ].join(', ')
}

const REPLACED = new Set(['identity/LineItemId', 'lineItem/UsageStartDate'])

function typed(name: string, factor: number): string {
  if (/(Cost|Amount|Rate|Fee|Factor|CommitmentToDate)$/.test(name))
    return `toFloat64OrNull("${name}") * ${factor}`
  if (/(Start|End)(Date|Time)$/.test(name)) return `parseDateTimeBestEffortOrNull("${name}", 'UTC')`
  return `nullIf("${name}", '')`
}

function snake(name: string): string {
  return name
    .split('/')
    .map((part) => part.replace(/(?<=[a-z])([A-Z])|(?<=[A-Z])([A-Z])/g, '_$&').toLowerCase())
    .join('_')
}
