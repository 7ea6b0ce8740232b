#!/usr/bin/env node
// Runs on whatever Node the machine has, so it is plain JavaScript: Polo itself needs the Node 24 that it brings along.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 24
const main = new URL('../src/main.ts', import.meta.url)
/** Compiled once rather than at every start, which takes half the time then; also for the servers that are started. */
const cache = fileURLToPath(new URL('../../../node_modules/.cache/polo', import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) {
  // With a channel this is the child below: it ends with its parent, even if that was killed.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
  process.env.NODE_COMPILE_CACHE ??= cache
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import(main.href)
} else {
  const node = createRequire(import.meta.url).resolve('node/bin/node')
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  // At Ctrl-C the child gets it from the terminal, too, and takes both for one; whoever kills this process means the child.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`polo: cannot start Node ${OLDEST_NODE}: ${error.message}. Run npm install.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    // As shells do; a Ctrl-C that comes before the child listens for it ends it by the signal.
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1)
  })
}
