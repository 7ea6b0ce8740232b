import { COLLECTORS, type Collector, describeSchedule, EVENT_COLLECTORS } from '@polo/collectors'
import { QUEUED_SCHEMAS } from '@polo/core'
import type { Command } from 'commander'
import { createOutput, renderTable } from '../output/output.ts'
import type { GlobalOptions } from '../session/settings.ts'

export function addCollectors(program: Command): void {
  program
    .command('collectors')
    .description('list the collectors: what they read, what they give, what they need')
    .action((options: GlobalOptions) => {
      const output = createOutput({ isJson: options.json ?? false })
      if (output.isJson) output.json([...scheduled(), ...told()])
      else output.data(renderCollectors())
    })
}

function scheduled() {
  return COLLECTORS.map((collector) => ({
    name: collector.name,
    description: collector.description,
    scope: collector.scope,
    schedule: collector.schedule,
    resource_types: typesOf(collector),
    tables: tablesOf(collector),
    permissions: collector.permissions,
  }))
}

function told() {
  return EVENT_COLLECTORS.map((collector) => ({
    name: collector.name,
    description: collector.description,
    trigger: collector.trigger,
    resource_types: typesOf(collector),
    tables: collector.loadedTables ?? [],
    permissions: collector.permissions,
  }))
}

function typesOf({ resourceTypes, otherTypes }: Pick<Collector, 'resourceTypes' | 'otherTypes'>): string[] {
  return [...Object.keys(resourceTypes), ...(otherTypes ? ['any'] : [])]
}

/** Who has files loaded gives what is in them, and not the requests for it. */
function tablesOf({ tables = [], loadedTables }: Collector): readonly string[] {
  return loadedTables ?? tables.map((schema) => QUEUED_SCHEMAS[schema].table)
}

/** The list for people. */
export function renderCollectors(): string {
  const collectors = [
    ...scheduled().map(({ schedule, ...collector }) => ({ ...collector, when: describeSchedule(schedule) })),
    ...told().map(({ trigger, ...collector }) => ({
      ...collector,
      scope: 'account',
      when: trigger.replaceAll('; ', ';\n'),
    })),
  ]
  const rows = collectors.map(({ name, scope, when, resource_types, tables, permissions }) => [
    name,
    scope,
    when,
    [...resource_types, ...tables.map((table) => `table ${table}`)].join('\n'),
    permissions.join('\n'),
  ])
  return renderTable(['collector', 'scope', 'when', 'gives', 'permissions'], rows)
}
