import type { Schedule } from '@polo/core'
import type { Collector, ResourceType } from './collector.ts'

const INTRODUCTION = `# What Polo collects

Every collector, what it may call, and the properties that its events carry. A property that the answer lacks
is left out; lists are joined by commas. Each tag of a resource is in \`tag:<key>\`, and where an owner field
was inherited, \`inherited_from:<field>\` names the ARN that it came from.

This page is generated from the collectors: \`npx vitest run test/collectors/registry.test.ts -u\` writes it.
`

/** The page `docs/resource-types.md`: what each collector calls, and a table of properties per resource type. */
export function renderResourceDocs(collectors: readonly Collector[]): string {
  return [INTRODUCTION, ...collectors.map(renderCollector)].join('\n')
}

function renderCollector(collector: Collector): string {
  const types = Object.entries(collector.resourceTypes).map(([name, type]) => renderType(name, type))
  return `## ${collector.name}

${collector.description}.

- Scope: ${collector.scope}
- Schedule: ${describeSchedule(collector.schedule)}
- Permissions: ${collector.permissions.map((permission) => `\`${permission}\``).join(', ')}

${types.join('\n')}`
}

function renderType(name: string, { description, properties }: ResourceType): string {
  const rows = Object.entries(properties).map(
    ([property, meaning]) => `| \`${property}\` | ${escapeCell(meaning)} |`,
  )
  return `### ${name}

${description}.

| property | meaning |
|---|---|
${rows.join('\n')}
`
}

function describeSchedule(schedule: Schedule): string {
  if ('dailyAt' in schedule) return `daily at ${schedule.dailyAt} UTC`
  if ('weeklyOn' in schedule) return `on ${schedule.weeklyOn} at ${schedule.at} UTC`
  return schedule.offset.startsWith('0 ')
    ? `every ${schedule.every}`
    : `every ${schedule.every}, offset ${schedule.offset}`
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
