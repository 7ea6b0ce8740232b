import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Generated files, which are not committed. */
const DIRECTORY = '.polo-functions'

/**
 * Writes the entry file of one collector's function, with that collector alone in its bundle. Its file is named as
 * the collector, or the bundle fails.
 * @returns the handler, as SST names it
 */
export function collectorEntry(collectorName: string): string {
  const file = collectorName.replaceAll('_', '-')
  const collector = file.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return writeEntry(`collect-${file}`, [
    `import { ${collector} } from '@polo/collectors/aws/${file}'`,
    `import { createCollectorHandler } from '@polo/functions/collector'`,
    `import config from '../polo.config.ts'`,
    '',
    `export const handler = createCollectorHandler(${collector}, config)`,
  ])
}

/** Writes the entry file of a function that is made from the configuration by `packages/functions/src/<name>.ts`. */
export function configuredEntry(name: string): string {
  const factory = `create${name.charAt(0).toUpperCase()}${name.slice(1)}Handler`
  return writeEntry(name, [
    `import { ${factory} } from '@polo/functions/${name}'`,
    `import config from '../polo.config.ts'`,
    '',
    `export const handler = ${factory}(config)`,
  ])
}

function writeEntry(name: string, lines: readonly string[]): string {
  const path = `${DIRECTORY}/${name}.ts`
  const text = `${lines.join('\n')}\n`
  mkdirSync(DIRECTORY, { recursive: true })
  // Left as it is where nothing changed: `sst dev` builds again what is written.
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
  return `${DIRECTORY}/${name}.handler`
}
