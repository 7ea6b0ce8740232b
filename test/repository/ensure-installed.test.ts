import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SCRIPT = new URL('../../scripts/ensure-installed.mjs', import.meta.url)
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'polo-install-'))
  for (const folder of ['scripts', 'bin']) mkdirSync(join(root, folder))
  copyFileSync(SCRIPT, join(root, 'scripts/ensure-installed.mjs'))
  writeFileSync(join(root, 'package-lock.json'), '{}')
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

function install({ npmExitCode = 0 } = {}) {
  const npm = join(root, 'bin/npm')
  writeFileSync(npm, `#!/bin/sh\necho "$@" > "${root}/npm-was-called"\nexit ${npmExitCode}\n`)
  chmodSync(npm, 0o755)
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/ensure-installed.mjs')], {
    env: { PATH: `${dirname(npm)}:/usr/bin:/bin` },
    encoding: 'utf8',
  })
  return { status, stderr, wasCalled: existsSync(join(root, 'npm-was-called')) }
}

function writeInstalled(ageSeconds: number) {
  mkdirSync(join(root, 'node_modules'))
  const file = join(root, 'node_modules/.package-lock.json')
  writeFileSync(file, '{}')
  const time = Date.now() / 1_000 - ageSeconds
  utimesSync(file, time, time)
}

test('installs in a bare clone', () => {
  expect(install()).toMatchObject({ status: 0, wasCalled: true })
})

test('installs again when the lock file is newer than what is installed', () => {
  writeInstalled(60)
  expect(install()).toMatchObject({ status: 0, wasCalled: true })
})

test('does nothing when everything is there', () => {
  writeInstalled(-60)
  expect(install()).toMatchObject({ status: 0, wasCalled: false, stderr: '' })
})

test('says so and fails when npm fails', () => {
  const { status, stderr } = install({ npmExitCode: 7 })
  expect(status).toBe(7)
  expect(stderr).toContain('npm install failed')
})
