import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SynthOptions, SynthResult } from './synth-types.ts'

/** Values that show where they should not be. */
export const SECRETS = {
  ClickHouseUrl: 'https://secret-host.example:8443',
  ClickHouseUser: 'secret-user',
  ClickHousePassword: 'secret-password',
}

type Reply = { readonly error: string } | { readonly result: SynthResult }

/**
 * Evaluates `sst.config.ts` for a stage with SST's own components: offline, nothing is created.
 * @throws Error with what SST would print
 */
export async function synthesize(options: SynthOptions): Promise<SynthResult> {
  const secrets = Object.entries(options.secrets ?? SECRETS).map(([name, value]) => [
    `SST_SECRET_${name}`,
    value,
  ])
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_OPTIONS: '--enable-source-maps --no-warnings',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...Object.fromEntries(secrets),
    ...options.environment,
  }
  const child = fork(fileURLToPath(new URL('evaluate.ts', import.meta.url)), [], {
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let printed = ''
  child.stderr?.on('data', (data) => {
    printed += data
  })
  const reply = await new Promise<Reply>((resolve, reject) => {
    child.once('message', resolve)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the evaluation ended with ${code}: ${printed}`)))
    child.send(options)
  })
  if ('error' in reply) throw new Error(reply.error)
  return reply.result
}
