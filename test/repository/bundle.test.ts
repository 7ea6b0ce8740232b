import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFunction, type FunctionBundle, inputsOf, invokeBundle } from '../functions/bundle-function.ts'
import { linkVariables } from '../functions/links.ts'

const MAX_BYTES = 300_000
const ENTRY = "export { handler } from '@polo/functions/ingester'"
/** What Lambda's Node runtime has. */
const RUNTIME_PACKAGES = ['@aws-sdk/*', '@smithy/*']
const ENVIRONMENT = {
  ...linkVariables({
    ClickHouseUrl: { value: 'http://127.0.0.1:1' },
    ClickHouseUser: { value: 'polo' },
    ClickHousePassword: { value: 'x' },
    EventsDlq: { url: 'http://127.0.0.1:1/dead' },
  }),
  CLICKHOUSE_DATABASE: 'polo',
  CONTROL_SENDERS: '{"collector_run/1":["AROACONTROL"]}',
  AWS_LAMBDA_FUNCTION_NAME: 'polo-ingester',
  AWS_REGION: 'us-east-1',
}

describe('the ingester’s bundle', () => {
  let directory: string
  let bundle: FunctionBundle
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'polo-bundle-'))
    bundle = await bundleFunction(ENTRY, join(directory, 'ingester.mjs'), { external: RUNTIME_PACKAGES })
  })
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('is small without the AWS SDK', () => {
    expect(bundle.bytes).toBeLessThan(MAX_BYTES)
  })

  it('holds nothing of the one-machine runtime, and no native module', () => {
    const inputs = inputsOf(bundle)
    expect(
      inputs.filter((path) => /\.node$|node_modules\/(chdb|@chdb|fauxqs)\/|packages\/local\//.test(path)),
    ).toEqual([])
    expect(inputs.some((path) => path.endsWith('packages/ingester/src/ingest/ingest.ts'))).toBe(true)
  })

  it('handles a batch in a Node process that has nothing else', async () => {
    const whole = join(directory, 'whole.mjs')
    await bundleFunction(ENTRY, whole)
    const answer = await invokeBundle(whole, { event: { Records: [] }, environment: ENVIRONMENT })
    expect(answer).toEqual({ answer: { batchItemFailures: [] } })
  })
})
