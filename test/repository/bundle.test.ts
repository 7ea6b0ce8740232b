import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from './workspace.ts'

const MAX_BYTES = 300_000
/** What Lambda's Node runtime has. */
const RUNTIME_PACKAGES = ['@aws-sdk/*', '@smithy/*']
const ENVIRONMENT = {
  CLICKHOUSE_URL: 'http://127.0.0.1:1',
  CLICKHOUSE_USER: 'polo',
  CLICKHOUSE_PASSWORD: 'x',
  CLICKHOUSE_DATABASE: 'polo',
  DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/dead',
  CONTROL_SENDERS: 'AROACONTROL',
  AWS_LAMBDA_FUNCTION_NAME: 'polo-ingester',
  AWS_REGION: 'us-east-1',
}

async function bundle(outfile: string, external: string[]): Promise<Metafile> {
  const result = await build({
    entryPoints: [join(ROOT, 'packages/functions/src/ingester.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    metafile: true,
    // ClickHouse's client is CommonJS, as SST allows for.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    external,
    outfile,
  })
  return result.metafile
}

describe('the ingester’s bundle', () => {
  let directory: string
  let metafile: Metafile
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'polo-bundle-'))
    metafile = await bundle(join(directory, 'ingester.mjs'), RUNTIME_PACKAGES)
  })
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('is small without the AWS SDK', () => {
    const [output] = Object.values(metafile.outputs)
    expect(output?.bytes).toBeLessThan(MAX_BYTES)
  })

  it('holds nothing of the one-machine runtime, and no native module', () => {
    const inputs = Object.keys(metafile.inputs)
    expect(
      inputs.filter((path) => /\.node$|node_modules\/(chdb|@chdb|fauxqs)\/|packages\/local\//.test(path)),
    ).toEqual([])
    expect(inputs.some((path) => path.endsWith('packages/ingester/src/ingest.ts'))).toBe(true)
  })

  it('handles a batch in a Node process that has nothing else', async () => {
    await bundle(join(directory, 'whole.mjs'), [])
    const call = `import { handler } from './whole.mjs'
      const answer = await handler({ Records: [] }, { getRemainingTimeInMillis: () => 5_000 })
      process.stdout.write(JSON.stringify(answer))
      process.exit()`
    await writeFile(join(directory, 'call.mjs'), call)
    const output = execFileSync(process.execPath, ['call.mjs'], {
      cwd: directory,
      env: ENVIRONMENT,
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toEqual({ batchItemFailures: [] })
  })
})
