import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Pipeline, startPipeline } from './pipeline.ts'

/** A pipeline for the tests of a file; the tables that are to be empty have no rows at the beginning of each. */
export function usePipeline({ empty = [] }: { readonly empty?: readonly string[] } = {}) {
  let polo: Pipeline
  beforeAll(async () => {
    polo = await startPipeline()
  })
  afterAll(async () => {
    await polo?.stop()
  })
  beforeEach(async () => {
    for (const table of empty) await polo.clickhouse.command({ query: `TRUNCATE TABLE ${table}` })
  })
  return {
    get polo() {
      return polo
    },
  }
}
