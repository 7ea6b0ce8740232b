import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['test/conformance/*.test.ts'],
    pool: 'forks',
    testTimeout: 180_000,
    // The first run installs the emulator.
    hookTimeout: 600_000,
  },
})
