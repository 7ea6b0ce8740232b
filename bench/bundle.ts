// The ingester's bundle as Lambda gets it: its size, and how long a fresh process takes to import it.
//   node bench/bundle.ts [rounds]
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { median, printTable, thousands } from './measure.ts'

const ROUNDS = Number(process.argv[2] ?? 15)
const TARGETS = { kilobytes: 600, milliseconds: 150 } as const
const ROOT = join(import.meta.dirname, '..')
/** As SST and infra/ set it. */
const ENVIRONMENT = {
  SST_RESOURCE_App: '{"name":"polo","stage":"bench"}',
  SST_RESOURCE_ClickHouseUrl: '{"value":"http://127.0.0.1:1"}',
  SST_RESOURCE_ClickHouseUser: '{"value":"polo"}',
  SST_RESOURCE_ClickHousePassword: '{"value":"x"}',
  SST_RESOURCE_EventsDlq: '{"url":"http://127.0.0.1:1/dead"}',
  CLICKHOUSE_DATABASE: 'polo',
  CONTROL_SENDERS: '{"collector_run/1":["AROACONTROL"]}',
  AWS_LAMBDA_FUNCTION_NAME: 'polo-ingester',
  AWS_REGION: 'us-east-1',
}

async function bundle(outfile: string, external: string[]): Promise<number> {
  const { metafile } = await build({
    entryPoints: [join(ROOT, 'packages/functions/src/ingester.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    metafile: true,
    external,
    outfile,
  })
  return Object.values(metafile.outputs)[0]?.bytes ?? Number.NaN
}

interface Import {
  /** Wall-clock time of the import; Node's own start is not in it. */
  readonly milliseconds: number
  readonly cpuMilliseconds: number
}

/** Imports a module in a fresh process. */
function importOnce(file: string): Import {
  const script = `const cpu = process.cpuUsage(), start = performance.now()
    await import('${file}')
    const { user, system } = process.cpuUsage(cpu)
    const report = { milliseconds: performance.now() - start, cpuMilliseconds: (user + system) / 1e3 }
    process.stdout.write(JSON.stringify(report), () => process.exit())`
  const args = ['--input-type=module', '-e', script]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env: ENVIRONMENT, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

// Within the checkout, so that what is left out of the bundle is found.
const directory = await mkdtemp(join(ROOT, 'node_modules/.polo-bench-'))
try {
  const files = ['without.mjs', 'with.mjs', 'sdk.mjs'].map((name) => join(directory, name))
  const [without = '', whole = '', sdk = ''] = files
  const withoutBytes = await bundle(without, ['@aws-sdk/*', '@smithy/*'])
  const wholeBytes = await bundle(whole, [])
  await writeFile(sdk, "import '@aws-sdk/client-lambda'\nimport '@aws-sdk/client-sqs'\n")
  const imports = { without: [] as Import[], whole: [] as Import[], sdk: [] as Import[] }
  for (let round = 0; round < ROUNDS; round++) {
    imports.without.push(importOnce(without))
    imports.whole.push(importOnce(whole))
    imports.sdk.push(importOnce(sdk))
  }
  const kilobytes = (bytes: number) => `${thousands(bytes / 1_000)} kB`
  const time = (values: readonly Import[]) => {
    const wall = median(values.map(({ milliseconds }) => milliseconds))
    const cpu = median(values.map(({ cpuMilliseconds }) => cpuMilliseconds))
    return `${thousands(wall)} ms (${thousands(cpu)} ms of CPU)`
  }
  printTable(`The ingester's bundle, median of ${ROUNDS} fresh processes`, [
    [
      'size without the AWS SDK, which Lambda has',
      kilobytes(withoutBytes),
      `at most ${TARGETS.kilobytes} kB`,
    ],
    ['size with it', kilobytes(wholeBytes), ''],
    ['import, SDK from node_modules', time(imports.without), `under ${TARGETS.milliseconds} ms`],
    ['import, SDK bundled', time(imports.whole), `under ${TARGETS.milliseconds} ms`],
    ['of which the SDK alone, from node_modules', time(imports.sdk), ''],
  ])
} finally {
  await rm(directory, { recursive: true, force: true })
}
