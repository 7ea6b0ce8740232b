import { COLLECTORS } from '@polo/collectors'
import type { Command } from 'commander'
import { createOutput, renderTable } from '../output.ts'
import type { GlobalOptions } from '../settings.ts'

export function addCollectors(program: Command): void {
  program
    .command('collectors')
    .description('list the collectors: what they read, what they give, what they need')
    .action((options: GlobalOptions) => {
      const output = createOutput({ isJson: options.json ?? false })
      const collectors = COLLECTORS.map((collector) => ({
        name: collector.name,
        description: collector.description,
        scope: collector.scope,
        schedule: collector.schedule,
        resource_types: Object.keys(collector.resourceTypes),
        permissions: collector.permissions,
      }))
      if (output.isJson) return output.json(collectors)
      const rows = collectors.map((collector) => [
        collector.name,
        collector.scope,
        Object.values(collector.schedule).join(' +'),
        collector.resource_types.join('\n'),
        collector.permissions.join('\n'),
      ])
      output.data(renderTable(['collector', 'scope', 'schedule', 'resource types', 'permissions'], rows))
    })
}
