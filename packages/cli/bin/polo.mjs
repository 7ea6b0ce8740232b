#!/usr/bin/env node
// Runs on whatever Node the machine has, so it is plain JavaScript: Polo itself needs the Node 24 that it brings along.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 24
const main = new URL('../src/main.ts', import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) {
  await import(main.href)
} else {
  const node = createRequire(import.meta.url).resolve('node/bin/node')
  // The child gets Ctrl-C from the terminal too and decides; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
  const { status, error } = spawnSync(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  if (error)
    process.stderr.write(`polo: cannot start Node ${OLDEST_NODE}: ${error.message}. Run npm install.\n`)
  process.exitCode = status ?? 1
}
