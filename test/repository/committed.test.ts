import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE_FOLDERS, ROOT, readLock, readManifest } from './workspace.ts'

const LARGEST_BYTES = 4 * 1024 * 1024
/** Recorded from elsewhere, with paths and hosts of machines that are not ours. */
const RECORDED = /^(?:test\/fixtures|packages\/local\/sample-estate)\/|\/recordings\//
const REGISTRY =
  /https?:\/\/[^/\s"'`]*(?:registry|artifactory|nexus|verdaccio|mirror)|\bregistry\.(?:npmjs|yarnpkg)\b/i
const HOME = /(?:^|[\s"'`=(])(?:\/home\/\w+\/|\/Users\/\w+\/|[A-Z]:\\Users\\)/m

const git = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
const listed = git.status === 0 ? git.stdout : ''
const committed = listed
  .split('\0')
  .filter((file) => file && existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isFile())
const texts = committed
  .filter((file) => !RECORDED.test(file) && statSync(join(ROOT, file)).size < LARGEST_BYTES)
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))

function filesThat(say: (text: string) => boolean): string[] {
  return texts.filter(({ text }) => say(text)).map(({ file }) => file)
}

describe.skipIf(git.status !== 0)('what is committed', () => {
  it('is more than a few files', () => {
    expect(texts.length).toBeGreaterThan(30)
  })

  it.each([
    ['a registry', REGISTRY, 'https:', '//registry.example.com/left-pad.tgz'],
    ['a mirror', REGISTRY, 'http:', '//npm-mirror.example.com'],
    ['a public registry', REGISTRY, 'registry', '.npmjs.org'],
    ['a home on Linux', HOME, "'/home", "/me/polo'"],
    ['a home on macOS', HOME, 'cd /Users', '/me/polo'],
    ['a home on Windows', HOME, 'C:', '\\Users\\me'],
  ])('is searched for what names %s', (_, pattern, ...halves) => {
    expect(halves.join('')).toMatch(pattern)
  })

  it('names no registry', () => {
    expect(filesThat((text) => REGISTRY.test(text))).toEqual([])
  })

  it('names no folder of one machine', () => {
    const own = [ROOT, homedir()].filter((path) => path.split('/').length > 2).map((path) => `${path}/`)
    expect(filesThat((text) => HOME.test(text) || own.some((path) => text.includes(path)))).toEqual([])
  })

  it('holds no installed package, no local data and no environment file', () => {
    expect(
      committed.filter((file) => /(?:^|\/)(?:node_modules\/|\.polo\/|\.sst\/|\.env)/.test(file)),
    ).toEqual([])
  })
})

describe('.npmrc', () => {
  it('sets neither a registry nor credentials', () => {
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).not.toMatch(/registry\s*=|\/\/|_auth|token|password/i)
  })
})

describe('package-lock.json', () => {
  const { packages } = readLock()

  it('says of no package where it was downloaded', () => {
    const resolved = Object.values(packages).flatMap(({ link, resolved: from }) =>
      link || !from ? [] : [from],
    )
    expect(resolved).toEqual([])
  })

  it.each(['.', ...PACKAGE_FOLDERS])('agrees with the package.json of %s', (folder) => {
    const { dependencies, devDependencies } = readManifest(folder)
    expect(packages[folder === '.' ? '' : folder]).toMatchObject({ dependencies, devDependencies })
  })

  it.each(['.', ...PACKAGE_FOLDERS])('holds every dependency of %s in the version it asks for', (folder) => {
    const { dependencies, devDependencies } = readManifest(folder)
    const wrong = Object.entries({ ...dependencies, ...devDependencies }).filter(([name, wanted]) => {
      const locked = packages[`${folder}/node_modules/${name}`] ?? packages[`node_modules/${name}`]
      if (locked?.link) return locked.resolved && readManifest(locked.resolved).version !== wanted
      return /^\d/.test(wanted) ? locked?.version !== wanted : !locked
    })
    expect(wrong).toEqual([])
  })
})
