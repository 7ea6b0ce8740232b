import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import * as z from 'zod'
import { stageOf } from './stages.ts'
import { REGION } from './synth/mock-aws.ts'

const production = stageOf('production')
const Environment = z.looseObject({ variables: z.record(z.string(), z.string()) })

/** What the function finds when Lambda starts it: its variables, its links, and what Lambda sets itself. */
function environmentOf(functionID: string): Record<string, string> {
  const made = production.one('Function', `${functionID}Function`).inputs
  const links = production.handlers.find((handler) => handler.functionID === functionID)?.links ?? {}
  const resources = Object.entries(links).map(([name, link]) => [
    `SST_RESOURCE_${name}`,
    JSON.stringify(link),
  ])
  // SST reads the links from a file that this key decrypts; here they are in the environment, as in `sst dev`.
  const { SST_KEY: _, SST_KEY_FILE: __, ...variables } = Environment.parse(made.environment).variables
  return {
    ...variables,
    ...Object.fromEntries(resources),
    AWS_REGION: REGION,
    AWS_LAMBDA_FUNCTION_NAME: String(made.name),
    LAMBDA_TASK_ROOT: '/var/task',
  }
}

describe('the bundle of every function', () => {
  it.each(production.handlers.map(({ functionID }) => functionID))(
    '%s starts with the variables and links that it has when deployed',
    async (functionID) => {
      const bundle = join(inject('bundles'), functionID, 'bundle.mjs')
      // Its message alone: a stack quotes the line of the bundle, which is all of it.
      const start = `const said = await import(${JSON.stringify(bundle)}).then(
        ({ handler }) => typeof handler,
        ({ message }) => message,
      )
      console.log(said)
      process.exit()`
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', start], {
        env: environmentOf(functionID),
      })
      expect(stdout.trim()).toBe('function')
    },
  )
})
