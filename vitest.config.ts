import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SLOW, SUITE } from './test/suite-settings.ts'

export default defineConfig({
  test: {
    // In processes: the embedded engine hangs in worker threads, and a process a file isolates its data directory.
    ...SUITE,
    include: ['test/**/*.test.ts'],
    // Each has a script of its own in package.json.
    exclude: [
      SLOW,
      ...['bulk', 'chaos', 'conformance', 'infra', 'integration'].map((suite) => `test/${suite}/**`),
    ],
    maxWorkers: 2,
    // For the processes that tests start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/polo', import.meta.url)) },
  },
})
