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
    // As in the configuration of the whole repository: they end what hangs and judge no speed.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
