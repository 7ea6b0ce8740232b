import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { PACKAGE_FOLDERS, ROOT } from './workspace.ts'

const COPIED = [
  'biome.json',
  '.gitignore',
  'package.json',
  ...PACKAGE_FOLDERS.map((folder) => `${folder}/package.json`),
]
const Report = z.looseObject({
  diagnostics: z.array(
    z.looseObject({ category: z.string(), location: z.looseObject({ path: z.string() }).optional() }),
  ),
})

/** A copy of the repository without its sources: files at fault must not stand where others are linting. */
const directory = mkdtempSync(join(tmpdir(), 'polo-lint-'))
afterAll(() => rmSync(directory, { recursive: true }))
for (const file of COPIED) {
  mkdirSync(dirname(join(directory, file)), { recursive: true })
  copyFileSync(join(ROOT, file), join(directory, file))
}

const FAULTS: [fault: string, rule: string, path: string, source: string][] = [
  [
    'a package that is not declared',
    'correctness/noUndeclaredDependencies',
    'packages/core/src/undeclared.ts',
    "import { Session } from 'chdb'\nexport const session = Session\n",
  ],
  [
    'an import of the ingester by the collectors',
    'correctness/noUndeclaredDependencies',
    'packages/collectors/src/sideways.ts',
    "import { ingest } from '@polo/ingester'\nexport const sideways = ingest\n",
  ],
  [
    'an import of local by the functions',
    'correctness/noUndeclaredDependencies',
    'packages/functions/src/upwards.ts',
    "import { up } from '@polo/local'\nexport const upwards = up\n",
  ],
  [
    'a relative path into another package',
    'style/noRestrictedImports',
    'packages/ingester/src/relative.ts',
    "import { parseArn } from '../../core/src/arn.ts'\nexport const relative = parseArn\n",
  ],
  [
    "a path into another package's sources",
    'style/noRestrictedImports',
    'packages/ingester/src/deep.ts',
    "import { parseArn } from '@polo/core/src/arn.ts'\nexport const deep = parseArn\n",
  ],
  [
    'an import cycle',
    'suspicious/noImportCycles',
    'packages/core/src/egg.ts',
    "import { hen } from './hen.ts'\nexport const egg = () => hen\n",
  ],
  ['a default export', 'style/noDefaultExport', 'packages/core/src/default.ts', 'export default 1\n'],
  ['any', 'suspicious/noExplicitAny', 'packages/core/src/any.ts', 'export const id = (x: any) => x\n'],
  ['an enum', 'style/noEnum', 'packages/core/src/enum.ts', 'export enum Fruit {\n  Apple,\n}\n'],
  [
    'a namespace',
    'style/noNamespace',
    'packages/core/src/namespace.ts',
    'export namespace N {\n  export const a = 1\n}\n',
  ],
  [
    'a non-null assertion',
    'style/noNonNullAssertion',
    'packages/core/src/assertion.ts',
    'export const length = (text?: string) => text!.length\n',
  ],
  ['the console', 'suspicious/noConsole', 'packages/core/src/console.ts', "console.log('x')\n"],
]
const HARMLESS: [path: string, source: string][] = [
  ['packages/core/src/hen.ts', "import { egg } from './egg.ts'\nexport const hen = () => egg\n"],
  ['packages/core/src/arn.ts', 'export const parseArn = (arn: string) => arn\n'],
  ['packages/ingester/src/good.ts', "import { parseArn } from '@polo/core'\nexport const good = parseArn\n"],
  [
    'packages/core/src/nested/good.ts',
    "import { parseArn } from '../arn.ts'\nexport const good = parseArn\n",
  ],
]
for (const [path, source] of [...FAULTS.map(([, , path, source]) => [path, source] as const), ...HARMLESS]) {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), source)
}

const biome = join(ROOT, 'node_modules/.bin/biome')
const { status, stdout } = spawnSync(biome, ['lint', '--reporter=json', '--max-diagnostics=none', '.'], {
  cwd: directory,
  encoding: 'utf8',
})
const found = Report.parse(JSON.parse(stdout)).diagnostics.map(
  ({ category, location }) => `${category.replace('lint/', '')} ${location?.path}`,
)

it('lint fails where there is a fault', () => {
  expect(status).toBe(1)
})

it.each(FAULTS)('lint refuses %s', (_, rule, path) => {
  expect(found).toContain(`${rule} ${path}`)
})

it('lint refuses an import cycle at both of its ends', () => {
  expect(found).toContain('suspicious/noImportCycles packages/core/src/hen.ts')
})

it.each(HARMLESS.slice(1))('lint has nothing against %s', (path) => {
  expect(found.filter((line) => line.endsWith(path))).toEqual([])
})
