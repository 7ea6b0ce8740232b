import { expect, test } from 'vitest'
import { renderCollectors } from '../../packages/cli/src/commands/collectors.ts'

const lineOf = (name: string) =>
  renderCollectors()
    .split('\n')
    .find((line) => line.startsWith(` ${name} `)) ?? ''

test('says in words when a collector runs', () => {
  expect(lineOf('config_ec2')).toContain(' every 15 minutes ')
  expect(lineOf('cost_explorer')).toContain(' daily at 05:30 UTC ')
  expect(lineOf('pricing')).toContain(' on sunday at 04:00 UTC ')
})

test('says what the database loads, and not where requests for it are kept', () => {
  expect(lineOf('cost_cur')).toContain('table cost_line_items')
  expect(renderCollectors()).toContain('table flow_log_traffic')
  expect(renderCollectors()).not.toContain('bulk_loads')
})
