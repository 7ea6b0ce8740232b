// A loader whose only load never ends: after it has staged rows, or after they have taken their place. It says when.
import { PoloConfig } from '@polo/core'
import { connectClickHouse, createLoader, type LoadKind, loadKinds } from '@polo/ingester'

const [url = '', database = '', directory = '', leaseMs = '', until = 'staged'] = process.argv.slice(2)

const never = (): Promise<never> => new Promise(() => setInterval(() => {}, 1_000))

const staging: LoadKind = {
  kind: 'cur',
  batchSize: 1,
  async load(_, { files, staging: stage, run }) {
    const table = await stage('cost_line_items')
    const from = files.table(['x.csv'], 'CSVWithNames')
    await run(
      `INSERT INTO ${table} (export_name, billing_period, aws_account_id, usage_start, charge_type, observed_at)
       SELECT 'one', '2025-01-01', '1', '2025-01-01 00:00:00', 'usage', now() FROM ${from}`,
    )
    process.send?.('staged')
    return await never()
  },
}

const [cur] = loadKinds(PoloConfig.parse({}))
const replacing: LoadKind = {
  kind: 'cur',
  batchSize: 1,
  async load(loads, context) {
    await cur?.load(loads, context)
    process.send?.('replaced')
    return await never()
  },
}

const loader = createLoader({
  clickhouse: connectClickHouse({ url, database }),
  target: { kind: 'embedded' },
  kinds: [until === 'staged' ? staging : replacing],
  sources: { cur: [], flow_logs: [] },
  directories: [directory],
  name: 'killed',
  timing: { firstRetryMs: 0, longestRetryMs: 0, maxTries: 3, leaseMs: Number(leaseMs) },
})
await loader.run()
