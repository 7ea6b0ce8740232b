import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AGENT_METRICS, EC2_METRICS } from '../../../packages/collectors/src/aws/metrics/metric-table.ts'
import { metrics } from '../../../packages/collectors/src/aws/metrics.ts'
import { costOfMetrics } from '../../../packages/collectors/src/paid-calls/paid-calls.ts'
import { planLooks } from '../../../packages/collectors/src/paid-calls/plan-looks.ts'

const DOCS = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
const MONTH_START = new Date('2026-03-01T00:00:00.000Z')
const SLOTS = 31 * 288
const METRICS_PER_INSTANCE = 15

describe('docs/metrics.md', () => {
  it('has every metric, with its statistic and unit, and no other', () => {
    const rows = DOCS.split('\n').filter((line) => line.startsWith('| `'))

    expect(rows).toEqual(
      [...EC2_METRICS, ...AGENT_METRICS].map(
        ({ name, statistic, unit, meaning }) => `| \`${name}\` | ${statistic} | ${unit} | ${meaning} |`,
      ),
    )
  })

  it.each([100, 1_000, 10_000])(
    'says what %i instances cost, and how often a budget allows a look',
    (instances) => {
      const lookUsd = costOfInstances(instances)
      const cells = [
        instances.toLocaleString('en-US'),
        lookUsd.toFixed(4),
        Math.round(lookUsd * SLOTS).toLocaleString('en-US'),
        (lookUsd * 31 * 24).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
        ...[50, 200, 1_000].map((budgetUsd) => say(intervalOf(lookUsd, budgetUsd))),
      ]

      expect(DOCS).toContain(`| ${cells.join(' | ')} |`)
    },
  )
})

/** One listing of what EC2 publishes, and two of what the agent does. */
function costOfInstances(instances: number): number {
  const requests = Math.ceil((instances * METRICS_PER_INSTANCE) / 500) + 2 * Math.ceil(instances / 500)
  return costOfMetrics({ metrics: instances * METRICS_PER_INSTANCE, listRequests: requests })
}

function intervalOf(allUsd: number, budgetUsd: number): number {
  const monthlyUsd = budgetUsd * (metrics.budgetShare ?? 0)
  const times = { slot: MONTH_START, now: MONTH_START }
  const plan = planLooks({ schedule: metrics.schedule, ...times, allUsd, spentUsd: 0, monthlyUsd })
  return plan.intervalMs ?? Number.NaN
}

function say(ms: number): string {
  const minutes = ms / 60_000
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24]
  const parts = [days && `${days} d`, hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`]
  return parts.filter(Boolean).join(' ')
}
