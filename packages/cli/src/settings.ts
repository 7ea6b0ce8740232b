import { resolve } from 'node:path'
import { z } from 'zod'
import { UsageError } from './errors.ts'

const Environment = z.object({
  POLO_DATA_DIR: z.string().min(1).default('.polo'),
  POLO_CLICKHOUSE_URL: z.url().optional(),
  POLO_DATABASE: z.string().regex(/^\w+$/).default('polo'),
  POLO_QUEUE_URL: z.url().optional(),
  POLO_DEAD_LETTER_QUEUE_URL: z.url().optional(),
})

/** Options that every command takes. */
export interface GlobalOptions {
  readonly dataDir?: string
  readonly config?: string
  readonly json?: boolean
}

/** What the environment and the global options say. */
export interface Settings {
  readonly dataDir: string
  readonly database: string
  readonly clickhouseUrl: string | undefined
  readonly queueUrl: string | undefined
  readonly deadLetterQueueUrl: string | undefined
  readonly configFile: string
  /** The user named the file, so it must be there. */
  readonly isConfigNamed: boolean
}

/** @throws UsageError which names the variable that is wrong */
export function readSettings(options: GlobalOptions, environment: NodeJS.ProcessEnv): Settings {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) throw new UsageError(`the environment is not valid:\n${z.prettifyError(parsed.error)}`)
  return {
    dataDir: resolve(options.dataDir ?? parsed.data.POLO_DATA_DIR),
    database: parsed.data.POLO_DATABASE,
    clickhouseUrl: parsed.data.POLO_CLICKHOUSE_URL,
    queueUrl: parsed.data.POLO_QUEUE_URL,
    deadLetterQueueUrl: parsed.data.POLO_DEAD_LETTER_QUEUE_URL,
    configFile: resolve(options.config ?? 'polo.config.ts'),
    isConfigNamed: options.config !== undefined,
  }
}
