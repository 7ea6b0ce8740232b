import { type AwsSource, COLLECTORS, runCollector } from '@polo/collectors'
import { type CollectorRun, parseConfig, ResourceEvent } from '@polo/core'
import { readRows } from '../core/read-rows.ts'

const SLOT = new Date('2026-01-01T00:00:00Z')

/** Runs collectors, every one if none are named, in every account of a source, and reads what they published. */
export async function collectEverything(
  aws: AwsSource,
  collectors = COLLECTORS,
): Promise<{ runs: CollectorRun[]; events: ResourceEvent[] }> {
  const bodies: string[] = []
  const sink = { send: async (body: string) => void bodies.push(body) }
  const runs: CollectorRun[] = []
  for (const { id } of await aws.accounts()) {
    for (const collector of collectors) {
      const account = { id, role: '', tagDefaults: {} }
      const job = { collector, account, slot: SLOT, timeoutMs: 300_000 }
      runs.push(await runCollector(job, { aws, sink, tagCascade: parseConfig({}).tags }))
    }
  }
  return { runs, events: (await readRows(bodies)).map((row) => ResourceEvent.parse(row)) }
}
