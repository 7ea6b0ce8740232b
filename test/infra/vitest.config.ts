import { defineConfig } from 'vitest/config'
import { SUITE } from '../suite-settings.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...SUITE,
    include: ['test/infra/*.test.ts'],
    globalSetup: ['test/infra/evaluate-stages.ts'],
    maxWorkers: 2,
  },
})
