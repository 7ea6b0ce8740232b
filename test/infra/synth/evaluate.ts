import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as z from 'zod'
import { bundleConfig } from './bundle-config.ts'
import { called, createdState } from './mock-aws.ts'
import { startRpcServer } from './rpc-server.ts'
import type { SynthHandler, SynthOptions, SynthResource, SynthResult } from './synth-types.ts'
import { unwrapSecrets } from './unwrap-secrets.ts'

// Run by `synthesize` as a process of its own: Pulumi and SST keep state in modules, and an error in an `apply` shows as an
// unhandled rejection only.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PLATFORM = join(ROOT, '.sst/platform')
const QUIET_MS = 25

const App = z.looseObject({
  name: z.string(),
  removal: z.string(),
  protect: z.boolean(),
  home: z.literal('aws'),
})
const Lock = z.array(z.object({ alias: z.string(), package: z.string() }))
const Inputs = z.record(z.string(), z.unknown())

interface RegisteredResource {
  readonly type: string
  readonly name: string
  readonly custom?: boolean
  readonly inputs: Record<string, unknown>
}

/** What is used of Pulumi, which only the platform has. */
interface Pulumi {
  readonly runtime: {
    setMocks(
      mocks: {
        newResource(resource: RegisteredResource): { id: string | undefined; state: Record<string, unknown> }
        call(call: { token: string; inputs: Record<string, unknown> }): Record<string, unknown>
      },
      ...settings: [project: string, stack: string, preview: boolean, organization: string]
    ): Promise<void>
    runInPulumiStack(run: () => Promise<unknown>): Promise<unknown>
    registerStackTransformation(transform: (args: TransformationArgs) => undefined): void
    disconnect(): Promise<void>
  }
  output(value: unknown): { apply(use: (value: unknown) => void): void }
}

interface TransformationArgs {
  readonly type: string
  readonly name: string
  readonly opts: { readonly retainOnDelete?: boolean; readonly ignoreChanges?: readonly string[] }
}

interface ConfigBundle {
  run(program: () => Promise<unknown>): Promise<unknown>
  readonly config: { app(input: { stage: string }): unknown; run(): Promise<unknown> }
}

async function evaluate(options: SynthOptions): Promise<SynthResult> {
  const { stage, dev = false, bundleInto, edits = [] } = options
  const directory = mkdtempSync(join(tmpdir(), 'polo-synth-'))
  // Within the platform, whose modules it imports.
  const outfile = join(PLATFORM, `sst.config.synth-${process.pid}.mjs`)
  process.on('exit', () => {
    for (const path of [directory, outfile]) rmSync(path, { recursive: true, force: true })
  })
  const handlers: SynthHandler[] = []
  const onHandler = (handler: SynthHandler) => void handlers.push(handler)
  process.env.SST_SERVER = await startRpcServer({ root: ROOT, directory, bundleInto, onHandler })
  await bundleConfig({ root: ROOT, outfile, globals: await globals(), edits })
  const app = { removal: 'retain', protect: false, stage }
  const paths = { home: directory, root: ROOT, work: directory, platform: PLATFORM }
  const $cli = { command: dev ? 'dev' : 'diff', rpc: '', paths, state: { version: {} } }
  Object.assign(globalThis, { $cli, $dev: dev, $app: app })
  const bundle: ConfigBundle = await import(pathToFileURL(outfile).href)
  Object.assign(app, await bundle.config.app({ stage }))
  return { app: App.parse(app), handlers, ...(await runUnderMocks(bundle, App.parse(app).name, stage)) }
}

async function runUnderMocks({ run, config }: ConfigBundle, name: string, stage: string) {
  const pulumi: Pulumi = createRequire(join(PLATFORM, 'package.json'))('@pulumi/pulumi')
  const resources: SynthResource[] = []
  const resourceOptions = new Map<string, SynthResource['options']>()
  const mocks = {
    newResource({ type, name: logical, custom = false, inputs }: RegisteredResource) {
      const { plain, secretPaths } = unwrapSecrets(inputs)
      const given = resourceOptions.get(`${type} ${logical}`)
      const options = given ?? { retainOnDelete: false, ignoreChanges: [] }
      resources.push({ type, name: logical, custom, inputs: Inputs.parse(plain), secretPaths, options })
      if (!custom) return { id: undefined, state: inputs }
      return { id: logical, state: createdState(type, logical, inputs) }
    },
    call: ({ token, inputs }: { token: string; inputs: Record<string, unknown> }) => called(token, inputs),
  }
  await pulumi.runtime.setMocks(mocks, name, stage, false, 'organization')
  const outputs = await pulumi.runtime.runInPulumiStack(async () => {
    return await run(async () => {
      pulumi.runtime.registerStackTransformation(({ type, name: logical, opts }) => {
        const { retainOnDelete = false, ignoreChanges = [] } = opts
        resourceOptions.set(`${type} ${logical}`, { retainOnDelete, ignoreChanges })
      })
      return await config.run()
    })
  })
  // What `apply` registers may come after all that was asked for.
  for (let count = -1; count !== resources.length; await sleep(QUIET_MS)) {
    count = resources.length
    await pulumi.runtime.disconnect()
  }
  const plain = await new Promise((resolve) => pulumi.output(outputs).apply(resolve))
  return { resources, outputs: Inputs.parse(plain) }
}

/** `sst`, and every provider by its alias. */
async function globals(): Promise<Record<string, string>> {
  const { default: lock } = await import(join(ROOT, '.sst/provider-lock.json'), { with: { type: 'json' } })
  const providers = Lock.parse(lock).map(({ alias, package: module }) => [alias, module])
  return { ...Object.fromEntries(providers), sst: join(PLATFORM, 'src/components') }
}

function fail(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.send?.({ error: message }, () => process.exit(1))
}

process.on('unhandledRejection', fail)
process.once('message', (options: SynthOptions) => {
  evaluate(options).then((result) => process.send?.({ result }, () => process.exit(0)), fail)
})
