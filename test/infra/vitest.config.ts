import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/infra/*.test.ts'],
    globalSetup: ['test/infra/evaluate-stages.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // As in the configuration of the whole repository: they end what hangs and judge no speed.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
