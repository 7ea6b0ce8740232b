import { resolve } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../errors.ts'

const url = (example: string) => z.url({ protocol: /^https?$/, error: `expected a URL such as ${example}` })
const QueueUrl = url('https://sqs.eu-west-1.amazonaws.com/111122223333/polo-events')
const Environment = z.object({
  POLO_DATA_DIR: z.string().default('.polo'),
  POLO_CLICKHOUSE_URL: url('http://user:password@host:8123').optional(),
  POLO_DATABASE: z.string().regex(/^\w+$/, 'expected letters, digits and _').optional(),
  POLO_QUEUE_URL: QueueUrl.optional(),
  POLO_BACKFILL_QUEUE_URL: QueueUrl.optional(),
  POLO_DEAD_LETTER_QUEUE_URL: QueueUrl.optional(),
  POLO_JOBS_DEAD_LETTER_QUEUE_URL: QueueUrl.optional(),
  POLO_INGESTER_FUNCTION: z
    .string()
    .regex(/^[\w:-]+$/, 'expected the name or the ARN of a Lambda function')
    .optional(),
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
  /** The user named the database, so it must be no other. */
  readonly isDatabaseNamed: boolean
  readonly clickhouseUrl: string | undefined
  readonly queueUrl: string | undefined
  readonly backfillQueueUrl: string | undefined
  readonly deadLetterQueueUrl: string | undefined
  readonly jobsDeadLetterQueueUrl: string | undefined
  /** Name or ARN of the deployed ingester's Lambda function. */
  readonly ingesterFunction: string | undefined
  readonly configFile: string
  /** The user named the file, so it must be there. */
  readonly isConfigNamed: boolean
}

/** @throws UsageError which names the variable that is wrong, never its value: that may hold a password */
export function readSettings(options: GlobalOptions, environment: NodeJS.ProcessEnv): Settings {
  // Set to nothing is not set, as in a shell.
  const set = Object.entries(environment).filter(([, value]) => value !== '')
  const parsed = Environment.safeParse(Object.fromEntries(set))
  if (!parsed.success) throw new UsageError(`the environment is not valid:\n${z.prettifyError(parsed.error)}`)
  return {
    dataDir: resolve(options.dataDir ?? parsed.data.POLO_DATA_DIR),
    database: parsed.data.POLO_DATABASE ?? 'polo',
    isDatabaseNamed: parsed.data.POLO_DATABASE !== undefined,
    clickhouseUrl: parsed.data.POLO_CLICKHOUSE_URL,
    queueUrl: parsed.data.POLO_QUEUE_URL,
    backfillQueueUrl: parsed.data.POLO_BACKFILL_QUEUE_URL,
    deadLetterQueueUrl: parsed.data.POLO_DEAD_LETTER_QUEUE_URL,
    jobsDeadLetterQueueUrl: parsed.data.POLO_JOBS_DEAD_LETTER_QUEUE_URL,
    ingesterFunction: parsed.data.POLO_INGESTER_FUNCTION,
    configFile: resolve(options.config ?? 'polo.config.ts'),
    isConfigNamed: options.config !== undefined,
  }
}
