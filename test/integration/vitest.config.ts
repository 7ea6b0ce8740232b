import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SLOW, SUITE } from '../suite-settings.ts'

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    ...SUITE,
    include: ['test/integration/*.test.ts', SLOW],
    // Each starts processes of its own.
    maxWorkers: 2,
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/polo', import.meta.url)) },
  },
})
