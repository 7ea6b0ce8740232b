import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE_FOLDERS, ROOT, readManifest } from './workspace.ts'

/** Who may import whom; what joins collectors and ingester is the envelope, in core. */
const ARROWS: Record<string, string[]> = {
  '@polo/core': [],
  '@polo/collectors': ['@polo/core'],
  '@polo/ingester': ['@polo/core'],
  '@polo/local': ['@polo/collectors', '@polo/core', '@polo/ingester'],
  '@polo/functions': ['@polo/collectors', '@polo/core', '@polo/ingester'],
  polo: ['@polo/collectors', '@polo/core', '@polo/ingester', '@polo/local'],
}
const ONE_MACHINE_ONLY = ['chdb', 'fauxqs']
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']*)'/g

const manifests = PACKAGE_FOLDERS.map((folder) => ({ folder, ...readManifest(folder) }))

function dependenciesOf({ dependencies, devDependencies }: (typeof manifests)[number]): string[] {
  return [...Object.keys(dependencies), ...Object.keys(devDependencies)]
}

/** Relative imports in a package's sources that lead out of its folder. */
function importsThatLeave(folder: string): string[] {
  const home = join(ROOT, folder) + sep
  return globSync('src/**/*.{ts,mts,js,mjs}', { cwd: home }).flatMap((file) => {
    const source = readFileSync(join(home, file), 'utf8')
    const imports = [...source.matchAll(RELATIVE_IMPORT)].map(([, specifier = '']) => specifier)
    return imports.filter((specifier) => !resolve(home, dirname(file), specifier).startsWith(home))
  })
}

describe('packages', () => {
  it('are the ones whose arrows are known', () => {
    expect(manifests.map(({ name }) => name).sort()).toEqual(Object.keys(ARROWS).sort())
  })

  it.each(manifests)('$name depends on no package but those below it', (manifest) => {
    const allowed = ARROWS[manifest.name] ?? []
    const ours = dependenciesOf(manifest).filter((name) => name in ARROWS)
    expect(ours.filter((name) => !allowed.includes(name))).toEqual([])
  })

  it.each(manifests)('$name exports files that exist', ({ folder, exports, bin }) => {
    const targets = [...Object.values(exports), ...Object.values(bin)]
    expect(targets).not.toEqual([])
    expect(targets.filter((target) => globSync(target, { cwd: join(ROOT, folder) }).length === 0)).toEqual([])
  })

  it.each(manifests)('$name imports no file of another package', ({ folder }) => {
    expect(importsThatLeave(folder)).toEqual([])
  })

  it('but local do not depend on what runs on one machine only', () => {
    const everything = [...manifests, { folder: '.', ...readManifest('.') }]
    const users = everything.filter((manifest) =>
      dependenciesOf(manifest).some((name) => ONE_MACHINE_ONLY.includes(name)),
    )
    expect(users.map(({ name }) => name)).toEqual(['@polo/local'])
  })
})
