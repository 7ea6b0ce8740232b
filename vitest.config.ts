import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/chaos/**', 'test/conformance/**', 'test/infra/**'],
    // The embedded engine hangs in worker threads; a process a file also isolates its data directory.
    pool: 'forks',
    maxWorkers: 2,
    // For the processes that tests start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/polo', import.meta.url)) },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
