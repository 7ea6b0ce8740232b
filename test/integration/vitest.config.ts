import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/integration/*.test.ts'],
    pool: 'forks',
    // Each starts processes of its own.
    maxWorkers: 2,
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/polo', import.meta.url)) },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
