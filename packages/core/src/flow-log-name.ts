/** What an object's key says of the flow log records in it; '' and undefined where it does not. */
export interface FlowLogName {
  /** The same for the object in its bucket and for a copy of it elsewhere, so that both are counted as one. */
  readonly object: string
  readonly format: 'text' | 'parquet'
  readonly account: string
  readonly region: string
  readonly flowLogId: string
  readonly deliveredAt: Date | undefined
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html; the hash at its end makes it unique. */
const AWS_NAME =
  /(?<stem>(?<account>\d{12})_vpcflowlogs_(?<region>[a-z0-9-]+)_(?<flowLog>fl-\w+)_(?<time>\d{8}T\d{4}Z)_\w+)(?:\.log)?(?:\.gz|\.parquet)?$/
const ACCOUNT = /\/(?:aws-account-id=)?(\d{12})\/(?:aws-service=)?vpcflowlogs\//
const REGION = /\/(?:aws-service=)?vpcflowlogs\/(?:aws-region=)?([a-z]{2,}(?:-[a-z]+)+-\d+)\//
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/

/** Whether AWS gave the object its name as one of VPC flow logs: a bucket often holds other logs beside them. */
export function isFlowLogKey(key: string): boolean {
  return AWS_NAME.test(key)
}

/** Reads AWS's names and paths, Hive-compatible ones too. An object of any other name is told from others by its place. */
export function readFlowLogName(bucket: string, key: string): FlowLogName {
  const path = `/${key}`
  const { stem, account, region, flowLog = '', time = '' } = AWS_NAME.exec(path)?.groups ?? {}
  return {
    object: stem ?? `${bucket}/${key}`,
    format: key.endsWith('.parquet') ? 'parquet' : 'text',
    account: account ?? ACCOUNT.exec(path)?.[1] ?? '',
    region: region ?? REGION.exec(path)?.[1] ?? '',
    flowLogId: flowLog,
    deliveredAt: readTime(time),
  }
}

function readTime(text: string): Date | undefined {
  const time = new Date(text.replace(TIME, '$1-$2-$3T$4:$5:00Z'))
  return Number.isNaN(time.getTime()) ? undefined : time
}
