import { type AwsSource, COLLECTORS, type ObjectStore, runCollector } from '@polo/collectors'
import { type CollectorRun, parseConfig, ResourceEvent } from '@polo/core'
import { memoryStore } from '../collectors/harness.ts'
import { readRows } from '../core/read-rows.ts'

const SLOT = new Date('2026-01-01T00:00:00Z')

interface Conditions {
  readonly state?: ObjectStore
  readonly slot?: Date
  readonly payer?: string
}

/**
 * Runs collectors, every one if none are named, in every account of a source, and reads what they published; those of the
 * organization in its payer account alone, if there is one.
 */
export async function collectEverything(
  aws: AwsSource,
  collectors = COLLECTORS,
  { state = memoryStore(), slot = SLOT, payer }: Conditions = {},
): Promise<{ runs: CollectorRun[]; events: ResourceEvent[]; bodies: string[] }> {
  const bodies: string[] = []
  const sink = { send: async (body: string) => void bodies.push(body) }
  const runs: CollectorRun[] = []
  for (const { id } of await aws.accounts()) {
    for (const collector of collectors) {
      const isOfOrganization = payer !== undefined && collector.scope === 'organization'
      if (isOfOrganization && id !== payer) continue
      const regions = isOfOrganization ? ['us-east-1'] : undefined
      const account = { id, role: '', tagDefaults: {} }
      const job = { collector, account, slot, regions, budgetUsd: 50, timeoutMs: 300_000 }
      runs.push(await runCollector(job, { aws, sink, state, config: parseConfig({}) }))
    }
  }
  return { runs, bodies, events: (await readRows(bodies)).map((row) => ResourceEvent.parse(row)) }
}
