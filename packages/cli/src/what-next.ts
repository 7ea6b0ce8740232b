import { dropCredentials } from './output/mask-secrets.ts'
import { shellWord } from './output/shell-word.ts'
import { SAMPLE_QUERIES } from './query/sample-queries.ts'
import type { Session } from './session/session.ts'

/** Where a pipeline answers; how to sign in is not said. */
export interface PrintedAddresses {
  readonly clickhouse: string
  readonly sqs: string
}

export function addressesOf({
  clickhouseUrl,
  runtime,
  queueUrl,
}: Pick<Session, 'clickhouseUrl' | 'runtime' | 'queueUrl'>): PrintedAddresses {
  return {
    clickhouse: dropCredentials(clickhouseUrl),
    sqs: dropCredentials(runtime?.addresses.sqsEndpoint ?? queueUrl),
  }
}

interface Up {
  readonly endsNow: boolean
  readonly dataDir?: string
  /** Whether the sample estate is what was collected. */
  readonly sample?: boolean
}

/** What to try once the first collection is in, and where the pipeline answers if it stays up. */
export function whatNext(session: Session, { endsNow, dataDir, sample = false }: Up): string {
  const where = dataDir ? ` --data-dir ${shellWord(dataDir)}` : ''
  const queries = sample ? SAMPLE_QUERIES : SAMPLE_QUERIES.slice(0, 1)
  const next = [
    'Try next:',
    ...queries.map(({ shows, sql }) => `  # ${shows}\n  npx polo query "${sql}"${where}`),
    `  # is all of it there?\n  npx polo status${where}`,
    ...(sample
      ? [
          '  # your own account, read-only, apart from this data\n  npx polo collect --profile NAME --data-dir .polo-mine',
        ]
      : []),
  ]
  return endsNow || !session.runtime ? next.join('\n') : [...next, '', describeUp(session)].join('\n')
}

function describeUp(session: Session): string {
  const { clickhouse, sqs } = addressesOf(session)
  const signIn = new URL(session.clickhouseUrl).password
    ? ', password in clickhouse-password of the data directory'
    : ''
  return `Up. ClickHouse: ${clickhouse} (database ${session.database}${signIn}). SQS: ${sqs}. Ctrl-C stops it.`
}
