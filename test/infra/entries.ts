import { COLLECTORS } from '@polo/collectors'

const FACTORIES = ['dispatcher', 'lifecycle', 'loader', 'migrate', 'monitor', 'objects']
const PLAIN = ['ingester', 'probe']
const CONFIG = "import config from '../../polo.config.ts'"

/** Sources of the entry files of all functions, by function: those that a deploy generates, and those that are there. */
export const ENTRIES = new Map([
  ...PLAIN.map((name): [string, string] => [name, `export { handler } from '@polo/functions/${name}'`]),
  ...FACTORIES.map((name): [string, string] => {
    const factory = `create${name.charAt(0).toUpperCase()}${name.slice(1)}Handler`
    const lines = [
      `import { ${factory} } from '@polo/functions/${name}'`,
      CONFIG,
      `export const handler = ${factory}(config)`,
    ]
    return [name, lines.join('\n')]
  }),
  ...COLLECTORS.map((collector): [string, string] => {
    const file = collector.name.replaceAll('_', '-')
    const camel = file.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    const lines = [
      `import { ${camel} } from '@polo/collectors/aws/${file}'`,
      `import { createCollectorHandler } from '@polo/functions/collector'`,
      CONFIG,
      `export const handler = createCollectorHandler(${camel}, config)`,
    ]
    return [`collect-${file}`, lines.join('\n')]
  }),
])
