import { existsSync, mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, parse } from 'node:path'
import { build } from 'esbuild'
import pLimit from 'p-limit'
import * as z from 'zod'
import { ACCOUNT } from './mock-aws.ts'
import type { SynthHandler } from './synth-types.ts'

const Call = z.object({ method: z.string(), params: z.tuple([z.unknown()]) })
const BuildInput = z.object({
  functionID: z.string(),
  handler: z.string(),
  links: z.record(z.string(), z.unknown()),
})

export interface RpcOptions {
  readonly root: string
  /** For empty bundles. */
  readonly directory: string
  /** For real ones. */
  readonly bundleInto?: string | undefined
  onHandler(handler: SynthHandler): void
}

/** Answers what SST's components ask of its command-line program; returns its URL. */
export async function startRpcServer(options: RpcOptions): Promise<string> {
  // SST asks from this very process: while it is busy no connection may time out, or the next request meets its closing.
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const answer = await answerTo(await readBody(request), options).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    )
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  server.unref()
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the RPC server has no port')
  return `http://127.0.0.1:${address.port}`
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function answerTo(body: string, options: RpcOptions): Promise<unknown> {
  const { method, params } = Call.parse(JSON.parse(body))
  const appsync = { http: 'https://appsync.invalid', realtime: 'wss://appsync.invalid' }
  switch (method) {
    case 'Provider.Aws.Bootstrap':
      return {
        asset: 'sst-asset',
        state: 'sst-state',
        assetEcrRegistryId: ACCOUNT,
        assetEcrUrl: 'ecr.invalid',
      }
    case 'Provider.Aws.Appsync':
      return appsync
    case 'Runtime.AddTarget':
      options.onHandler(BuildInput.parse(params[0]))
      return true
    case 'Runtime.Build':
      return await buildHandler(BuildInput.parse(params[0]), options)
    default:
      throw new Error(`rpc: can't find ${method}`)
  }
}

async function buildHandler(input: z.infer<typeof BuildInput>, options: RpcOptions) {
  const { root, directory, bundleInto, onHandler } = options
  const { dir, name, ext } = parse(input.handler)
  const source = join(root, dir, `${name}.ts`)
  if (!existsSync(source)) return { errors: [`there is no handler file ${source}`] }
  const out = join(bundleInto ?? directory, input.functionID)
  mkdirSync(out, { recursive: true })
  if (bundleInto) {
    const exported = await bundling(() => bundleHandler(source, join(out, 'bundle.mjs')))
    if (!exported.includes(ext.slice(1))) return { errors: [`${input.handler} is not exported`] }
  }
  onHandler(input)
  return { handler: `bundle${ext}`, out, errors: [], sourcemaps: [] }
}

// SST asks for all functions at once, and each bundle takes some 200 MB while it is made.
const bundling = pLimit(2)

/** For packages that are CommonJS. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/** As SST's `pkg/runtime/node` does, the AWS SDK included; answers what the bundle exports. */
async function bundleHandler(source: string, outfile: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [source],
    outfile,
    banner: { js: REQUIRE },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['sharp', 'pg-native'],
    metafile: true,
    logLevel: 'silent',
  })
  return Object.values(metafile.outputs).flatMap((output) => output.exports)
}
