import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each has a script of its own in package.json.
    exclude: ['bulk', 'chaos', 'conformance', 'infra', 'integration'].map((suite) => `test/${suite}/**`),
    // The embedded engine hangs in worker threads; a process a file also isolates its data directory.
    pool: 'forks',
    maxWorkers: 2,
    // For the processes that tests start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/polo', import.meta.url)) },
    // They end what hangs and judge no speed: a busy machine may take ten times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
