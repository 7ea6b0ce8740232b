import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

export interface BundleOptions {
  readonly root: string
  readonly outfile: string
  /** SST's globals, by their names in the configuration: the module that each is. */
  readonly globals: Readonly<Record<string, string>>
  /** Made to files of the app before they are bundled. */
  readonly edits: readonly FileEdit[]
}

export interface FileEdit {
  /** Path within the repository. */
  readonly file: string
  /** Must be there exactly once. */
  readonly find: string
  readonly replace: string
}

const REQUIRE = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)
import { fileURLToPath as __toPath } from 'node:url'
const __filename = __toPath(import.meta.url)
const __dirname = __toPath(new URL('.', import.meta.url))`

/** What SST leaves to its platform's own modules (`pkg/js/js.go` and `pkg/project/run.go` of SST). */
const EXTERNAL = [
  '@pulumi/*',
  'undici',
  '@pulumiverse/*',
  '@sst-provider/*',
  '@aws-sdk/*',
  'esbuild',
  'archiver',
  'glob',
  'vite',
]

/** Bundles `sst.config.ts` as SST does: with its globals, and its platform's modules left outside. */
export async function bundleConfig(options: BundleOptions): Promise<void> {
  const { root, outfile } = options
  const platform = join(root, '.sst/platform')
  const settings: BuildOptions = {
    stdin: {
      contents: `export { run } from ${JSON.stringify(join(platform, 'src/auto/run.ts'))}
        export { default as config } from ${JSON.stringify(join(root, 'sst.config.ts'))}`,
      resolveDir: root,
      sourcefile: 'eval.ts',
      loader: 'ts',
    },
    banner: { js: REQUIRE },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    outfile,
    logLevel: 'silent',
    nodePaths: [join(platform, 'node_modules')],
    inject: [join(platform, 'src/shim/run.js')],
    external: EXTERNAL,
    plugins: [sources(options)],
  }
  await build(settings)
}

/** Gives every file of the app SST's globals, and makes the edits that a test asks for. */
function sources({ root, globals, edits }: BundleOptions): Plugin {
  const imports = Object.entries(globals).map(
    ([name, path]) => `import * as ${name} from ${JSON.stringify(path)}\n`,
  )
  return {
    name: 'sources',
    setup(bundler) {
      const unused = new Set(edits)
      bundler.onLoad({ filter: /\.[jt]sx?$/ }, async ({ path }) => {
        if (path.includes(`${sep}.sst${sep}`) || path.includes('node_modules')) return undefined
        let text = await readFile(path, 'utf8')
        for (const edit of edits) {
          if (path !== join(root, edit.file)) continue
          text = applyEdit(text, edit)
          unused.delete(edit)
        }
        return { contents: imports.join('') + text, loader: extname(path) === '.ts' ? 'ts' : 'js' }
      })
      bundler.onEnd(() => {
        for (const { file } of unused) throw new Error(`${file} is not part of the app`)
      })
    },
  }
}

function applyEdit(text: string, { file, find, replace }: FileEdit): string {
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold exactly once: ${find}`)
  return text.replace(find, () => replace)
}
