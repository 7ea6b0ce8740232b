/** Tests that wait for processes to start, to be killed, to give up: too long for `npm test`. */
export const SLOW = 'test/**/*.slow.test.ts'

/**
 * What all suites have in common. The time limits end what hangs and judge no speed: a busy machine may take ten times as
 * long as a quiet one. With `POLO_TEST_RETRIES` what failed is tried again, but for properties: a counterexample is one.
 */
export const SUITE = {
  pool: 'forks',
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000 } },
  retry: { count: Number(process.env.POLO_TEST_RETRIES ?? 0), condition: /^(?!Property failed)/ },
} as const
