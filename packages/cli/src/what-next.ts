import { dropCredentials } from './mask-secrets.ts'
import type { Session } from './session.ts'

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

/** What to try once the first collection is in, and where the pipeline answers if it stays up. */
export function whatNext(
  session: Session,
  { endsNow, dataDir }: { readonly endsNow: boolean; readonly dataDir?: string },
): string {
  const where = dataDir ? ` --data-dir ${dataDir}` : ''
  const next = [
    'Try next:',
    `  npx polo query "SELECT resource_id, properties['instance_type'] FROM resource_events FINAL WHERE resource_type = 'ec2:instance'"${where}`,
    `  npx polo status${where}`,
    '  npx polo collect --profile NAME --data-dir .polo-mine          your own account, read-only, apart from this data',
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
