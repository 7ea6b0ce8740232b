// Checks the types of sst.config.ts and infra/ against SST's own. Its sources do not stand the settings of tsconfig.json,
// and what infra/ imports of packages/ does not stand tsconfig.infra.json's: errors in packages/ are not told here, because
// `tsc -p tsconfig.json` checks them already.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const { stdout, stderr, status, error } = spawnSync(
  'npx',
  ['--no-install', 'tsc', '-p', 'tsconfig.infra.json', '--pretty', 'false'],
  { cwd, encoding: 'utf8', shell: process.platform === 'win32' },
)
if (error) throw error

const errors = stdout.split(/\n(?=\S)/).filter((text) => text.trim() !== '')
const own = errors.filter((text) => !/^packages\/.*\(\d+,\d+\): error TS/.test(text))
const isUnderstood = status === 0 || errors.length > 0
if (own.length > 0 || !isUnderstood) {
  console.error([...own, stderr].join('\n'))
  process.exit(1)
}
