import { QUEUED_SCHEMAS } from '@polo/core'
import type { Collector, EventCollector, ResourceType } from './collector.ts'
import { describeSchedule } from './describe-schedule.ts'

const INTRODUCTION = `# What Polo collects

Every collector, what it may call, and the properties that its events carry. A property that the answer lacks
is left out; lists are joined by commas. Each tag of a resource is in \`tag:<key>\`, and where an owner field
was inherited, \`inherited_from:<field>\` names the ARN that it came from.

This page is generated from the collectors: \`npx vitest run test/collectors/registry.test.ts -u\` writes it.
`

/** The page `docs/resource-types.md`: what each collector calls, and a table of properties per resource type. */
export function renderResourceDocs(
  collectors: readonly Collector[],
  eventCollectors: readonly EventCollector[],
): string {
  const sections = [...collectors.map(renderCollector), ...eventCollectors.map(renderEventCollector)]
  return [INTRODUCTION, ...sections].join('\n')
}

function renderEventCollector(collector: EventCollector): string {
  return `## ${collector.name}

${collector.description}.

- Told by: ${collector.trigger}
- Permissions: ${renderPermissions(collector)}
${renderLoaded(collector)}
${renderShared(collector)}${renderTypes(collector)}`
}

function renderShared({ properties }: EventCollector): string {
  if (!properties) return ''
  return `Events of any of its types carry those of these properties that were told:\n\n${renderProperties(properties)}\n\n`
}

function renderCollector(collector: Collector): string {
  return `## ${collector.name}

${collector.description}.

- Scope: ${collector.scope}
- Schedule: ${describeSchedule(collector.schedule)}
- Permissions: ${renderPermissions(collector)}
${renderTables(collector)}${renderTypes(collector)}`
}

function renderTables({ tables = [], ...collector }: Pick<Collector, 'tables' | 'loadedTables'>): string {
  const filled = tables.map((schema) => `- Fills: \`${QUEUED_SCHEMAS[schema].table}\`\n`)
  return `${filled.join('')}${renderLoaded(collector)}\n`
}

function renderLoaded({ loadedTables = [] }: Pick<Collector, 'loadedTables'>): string {
  return loadedTables.map((table) => `- Loaded by the database: \`${table}\`\n`).join('')
}

function renderPermissions({ permissions }: Pick<Collector, 'permissions'>): string {
  return permissions.map((permission) => `\`${permission}\``).join(', ') || 'none'
}

function renderTypes({
  resourceTypes,
  loadedTypes = {},
  otherTypes,
}: Pick<Collector, 'resourceTypes' | 'loadedTypes' | 'otherTypes'>): string {
  const named = Object.entries({ ...resourceTypes, ...loadedTypes })
  const others = otherTypes ? [[named.length > 0 ? 'Any other type' : 'Any type', otherTypes] as const] : []
  return [...named, ...others].map(([name, type]) => renderType(name, type)).join('\n')
}

function renderType(name: string, { description, properties }: ResourceType): string {
  const table = Object.keys(properties).length > 0 ? `\n${renderProperties(properties)}\n` : ''
  return `### ${name}

${description}.
${table}`
}

function renderProperties(properties: Readonly<Record<string, string>>): string {
  const rows = Object.entries(properties).map(
    ([property, meaning]) => `| \`${property}\` | ${escapeCell(meaning)} |`,
  )
  return ['| property | meaning |', '|---|---|', ...rows].join('\n')
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
