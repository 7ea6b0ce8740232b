// Fetches SST's platform (its components and providers, about 330 MB) into .sst/, without credentials. Runs on whatever
// Node the machine has, so it is plain JavaScript. With --if-missing only where it is not there already.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const parts = ['platform/config.d.ts', 'platform/node_modules/@pulumi/aws', 'provider-lock.json']
const isThere = parts.every((part) => existsSync(`${root}.sst/${part}`))

if (!(isThere && process.argv.includes('--if-missing'))) {
  console.error('polo: installing the platform of SST (about 330 MB)…')
  const { status, error } = spawnSync('npx', ['--no-install', 'sst', 'install', '--stage', 'install'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      SST_SKIP_DEPENDENCY_CHECK: '1',
      SST_NO_BUN: '1',
      SST_TELEMETRY_DISABLED: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  })
  if (status !== 0) {
    const reason = error ? `: ${error.message}` : ''
    console.error(
      `polo: sst install failed${reason}. Fix what it says above and run npm run infra:install again.`,
    )
    process.exit(status ?? 1)
  }
}
