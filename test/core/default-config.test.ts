import { loadConfig, parseConfig } from '@polo/core'
import { expect, it } from 'vitest'

it('the configuration that ships with the repository says just the defaults', async () => {
  const shipped = await loadConfig(`${import.meta.dirname}/../../polo.config.ts`, { required: true })
  expect(shipped).toEqual(parseConfig({}))
})
