import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build, type Metafile } from 'esbuild'
import { ROOT } from '../repository/workspace.ts'

/** What SST leaves out of a bundle. */
const SST_EXTERNAL = ['sharp', 'pg-native']
/** What it puts before each, for the CommonJS in it. */
const SST_BANNER = [
  `import { createRequire as topLevelCreateRequire } from 'module';`,
  `const require = topLevelCreateRequire(import.meta.url);`,
  `import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"`,
  `const __filename = topLevelFileUrlToPath(import.meta.url)`,
  `const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))`,
].join('\n')

export interface FunctionBundle {
  readonly metafile: Metafile
  /** Of the JavaScript. */
  readonly bytes: number
}

/** Bundles an entry file, given by its source, as SST does. */
export async function bundleFunction(
  source: string,
  outfile: string,
  { external = [] }: { readonly external?: readonly string[] } = {},
): Promise<FunctionBundle> {
  const { metafile } = await build({
    stdin: { contents: source, loader: 'ts', resolveDir: join(ROOT, 'packages/functions') },
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'esnext',
    format: 'esm',
    mainFields: ['module', 'main'],
    metafile: true,
    banner: { js: SST_BANNER },
    external: [...SST_EXTERNAL, ...external],
    outfile,
    absWorkingDir: ROOT,
  })
  return { metafile, bytes: Object.values(metafile.outputs)[0]?.bytes ?? Number.NaN }
}

/** Everything that a bundle is made of, as paths within the repository. */
export function inputsOf({ metafile }: FunctionBundle): string[] {
  return Object.keys(metafile.inputs)
}

/** Names of the packages of node_modules of which there is code in the bundle. */
export function packagesOf({ metafile }: FunctionBundle): Set<string> {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const kept = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return new Set(
    kept.flatMap(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1] ?? []),
  )
}

export interface Invocation {
  readonly event: unknown
  readonly environment: Readonly<Record<string, string>>
  readonly remainingMs?: number
}

export type Answer =
  | { readonly answer: unknown; readonly error?: undefined }
  | { readonly answer?: undefined; readonly error: string }

/** Invokes a bundle's handler once in a Node process that has nothing else, as Lambda does: JSON in, JSON out. */
export async function invokeBundle(
  outfile: string,
  { event, environment, remainingMs = 60_000 }: Invocation,
): Promise<Answer> {
  const runner = `${outfile}.invoke.mjs`
  await writeFile(runner, RUNNER)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [runner, outfile, JSON.stringify(event), String(remainingMs)],
    { cwd: dirname(outfile), env: { ...environment }, encoding: 'utf8' },
  )
  const last = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(last)
}

const RUNNER = `
const [file, event, remainingMs] = process.argv.slice(2)
const context = { getRemainingTimeInMillis: () => Number(remainingMs) }
const tell = (answer) => process.stdout.write('\\n' + JSON.stringify(answer) + '\\n', () => process.exit())
try {
  const { handler } = await import(file)
  tell({ answer: (await handler(JSON.parse(event), context)) ?? null })
} catch (error) {
  tell({ error: error.name + ': ' + error.message })
}
`
