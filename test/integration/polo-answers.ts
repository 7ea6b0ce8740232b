import { z } from 'zod'
import { type PoloOptions, type PoloResult, runPolo } from './polo-process.ts'

const Counts = z.record(z.string(), z.int())

/** What `polo collect --json` promises of each run. */
export const RunReport = z.strictObject({
  run_id: z.uuid(),
  collector: z.string(),
  account: z.string(),
  slot: z.iso.datetime(),
  outcome: z.enum(['complete', 'partial', 'denied', 'throttled', 'failed']),
  reconciliation: z.enum(['pending', 'reconciled', 'missing']),
  regions: z.record(z.string(), z.string()),
  region_errors: z.record(z.string(), z.string()),
  events: z.int(),
  published: z.int(),
  rejected: z.int(),
  blocks: z.int(),
  stored: z.int(),
  dead_lettered: z.int(),
  api_calls: z.int(),
  api_calls_by_operation: Counts,
  api_cost_usd: z.number().nonnegative(),
  notes: z.array(z.string()),
  errors: z.array(z.string()),
})
export const CollectReport = z.strictObject({
  source: z.string(),
  files: z
    .strictObject({
      files: z.int(),
      other_files: z.int(),
      records: z.int(),
      events: z.int(),
      left_out: z.int(),
      expired: z.int(),
      unreadable: z.int(),
      problems: z.array(z.string()),
    })
    .optional(),
  runs: z.array(RunReport),
  complete: z.boolean(),
})
export type CollectReport = z.infer<typeof CollectReport>

/** What every command prints on stdout with `--json` when it cannot do what it was asked. */
export const Failure = z.strictObject({ error: z.strictObject({ name: z.string(), message: z.string() }) })

/** The newest quarter of an hour of yesterday: old enough to be over, young enough to be kept. */
export const SLOT = `${new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)}T00:15:00.000Z`

/** Collectors whose events of the sample estate are few, and do not become more with the estate. */
export const INVENTORY = ['config_ebs', 'config_ec2', 'config_network']
export const INVENTORY_EVENTS = 83

/** What all collectors that read an account make of one account of the sample estate, 185106417252, */
export const ONE_ACCOUNT_EVENTS = 43
/** and what INVENTORY makes of it. */
const ONE_ACCOUNT_INVENTORY = 6
/** After both. */
export const BOTH_EVENTS = INVENTORY_EVENTS + ONE_ACCOUNT_EVENTS - ONE_ACCOUNT_INVENTORY

/** The one JSON value on stdout. */
export function parseReport({ stdout, stderr }: PoloResult): CollectReport {
  const report = CollectReport.safeParse(parseJson(stdout))
  if (report.success) return report.data
  throw new Error(`not a report: ${stdout}\n${stderr}\n${report.error}`)
}

/** The error that a command with `--json` ended with; its message must be on stderr, too. */
export function parseFailure({ stdout, stderr }: PoloResult): { name: string; message: string } {
  const { error } = Failure.parse(parseJson(stdout))
  if (!stderr.includes(error.message)) throw new Error(`stderr lacks '${error.message}': ${stderr}`)
  return error
}

/** `polo collect --json` and what it reported. */
export async function collect(
  args: readonly string[],
  options: PoloOptions,
): Promise<CollectReport & { code: number | null }> {
  const result = await runPolo(['collect', '--json', ...args], options)
  return { ...parseReport(result), code: result.code }
}

/** Rows of `polo query --json`. */
export async function query(sql: string, options: PoloOptions): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await runPolo(['query', '--json', sql], options)
  if (code !== 0) throw new Error(`${sql}: ${stderr}`)
  return z.array(z.record(z.string(), z.unknown())).parse(parseJson(stdout))
}

/** How many resources are stored, duplicates by the same name apart. */
export async function countEvents(options: PoloOptions): Promise<number> {
  const [row] = await query('SELECT count() AS n FROM resource_events FINAL', options)
  return z.int().parse(row?.n)
}

function parseJson(text: string): unknown {
  return JSON.parse(text)
}
