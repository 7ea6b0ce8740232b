import { defineConfig } from 'vitest/config'
import { SUITE } from '../suite-settings.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...SUITE,
    include: ['test/conformance/*.test.ts'],
    // The first run installs the emulator.
    hookTimeout: 600_000,
  },
})
