// Runs before `npm start` and `npm test`, on whatever Node the machine has, so it is plain JavaScript.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = `${root}package-lock.json`
const installed = `${root}node_modules/.package-lock.json`

const stale = !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs
if (stale) {
  console.error('polo: installing dependencies (about 1.1 GB, most of it the database engine)…')
  // Not `npm ci`: it refuses a lock file that lists only some platforms of an optional package.
  const { status, error } = spawnSync(
    'npm',
    ['install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) {
    console.error(
      `polo: npm install failed${error ? `: ${error.message}` : ''}. Fix what it says above and run again.`,
    )
    process.exit(status ?? 1)
  }
}
