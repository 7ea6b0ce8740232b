import { describeError } from '../classify-failure.ts'
import type { FileContext, FileFinding, FileReader, FoundIn } from '../files/file-reader.ts'
import { isExpired } from '../files/is-expired.ts'
import { readChunks } from '../files/read-chunks.ts'
import { splitJson } from '../files/split-json.ts'
import { AccountId } from './eventbridge-event.ts'
import { unreadable } from './happening.ts'
import { lifecycle } from './lifecycle.ts'
import { isEnvelope, readRecorded } from './read-happening.ts'
import { parseJson, toEvents } from './read-lifecycle-events.ts'
import { fieldOf } from './told-tags.ts'

/** Of a trail's file and of a Lambda function's event, and of what `aws cloudtrail lookup-events` answers. */
const LIST_KEYS: ReadonlySet<string> = new Set(['Records', 'Events'])
/** What SQS, the CloudTrail API and SNS put a record into, as text. */
const WRAPPERS = ['body', 'CloudTrailEvent', 'Message'] as const
const MAX_WRAPPERS = 4
/** `111122223333_CloudTrail_eu-west-1_20230710T1205Z_SjF3IkuNXJkoHyar.json.gz` */
const TRAIL_FILE = /(?:^|\/)(\d{12})_CloudTrail_([a-z0-9-]+)_[^/]*$/
/** So much that is no JSON, and nothing else, is a file of another kind. */
const MAX_ERRORS_WITHOUT_ITEM = 20

/** Reads CloudTrail's files as a trail delivers them, and EventBridge's events, alone, in lists, in lines and wrapped. */
export const lifecycleFiles: FileReader = {
  collector: lifecycle.name,
  option: 'events',
  eventType: 'lifecycle',
  noun: 'record',
  fileEnds: ['.json', '.jsonl', '.ndjson', '.gz'],
  expected:
    'CloudTrail\'s records as a trail delivers them to S3 ({ "Records": [ … ] }), or events of EventBridge\'s; ' +
    'one, a list, or one a line, gzip or not',
  placeOf(path) {
    const [, account, region] = TRAIL_FILE.exec(path) ?? []
    return { account, region }
  },
  read: readLifecycleFile,
}

async function* readLifecycleFile(path: string, context: FileContext): AsyncGenerator<FileFinding> {
  let items = 0
  let errors = 0
  for await (const part of splitJson(readChunks(path), { listKeys: LIST_KEYS })) {
    if ('error' in part) {
      yield { kind: 'unreadable', what: `line ${part.line}: ${part.error}` }
      if (items === 0 && ++errors >= MAX_ERRORS_WITHOUT_ITEM) return
      continue
    }
    items++
    yield* readItem(part.text, `record ${items} (line ${part.line})`, context)
  }
}

function* readItem(text: string, where: string, context: FileContext): Generator<FileFinding> {
  for (const found of unwrap(() => [parseJson(text)])) {
    if ('error' in found) yield toUnreadable(found.error, { where })
    else yield readValue(found.value, where, context)
  }
}

function readValue(value: unknown, where: string, context: FileContext): FileFinding {
  const place = placeIn(value)
  try {
    const happening = readRecorded(value)
    if (!happening) return { kind: 'other', ...place }
    const { account, region, time } = happening
    if (isExpired('lifecycle', new Date(time), context)) return { kind: 'expired', account, region }
    return { kind: 'events', account, region, events: toEvents(happening, context) }
  } catch (error) {
    return toUnreadable(error, { where, ...place })
  }
}

function toUnreadable(error: unknown, { where, ...place }: FoundIn & { where: string }): FileFinding {
  return { kind: 'unreadable', what: `${where}: ${describeError(error)}`, ...place }
}

/** What is in lists and in wrappers, and in place of what has not the form of a record or an event, what is wrong. */
function* unwrap(
  open: () => readonly unknown[],
  depth = 0,
): Generator<{ readonly value: unknown } | { readonly error: unknown }> {
  let values: readonly unknown[]
  try {
    values = open()
  } catch (error) {
    return yield { error }
  }
  for (const value of values) {
    if (isRecord(value)) yield { value }
    else yield* unwrap(() => contentOf(value, depth), depth + 1)
  }
}

/** @throws UnreadableEventError */
function contentOf(value: unknown, depth: number): readonly unknown[] {
  if (depth > MAX_WRAPPERS) throw unreadable('it is wrapped too often')
  const list = [value, ...[...LIST_KEYS].map((key) => fieldOf(value, key))].find(Array.isArray)
  if (list) return list
  const text = WRAPPERS.map((key) => fieldOf(value, key)).find((inner) => typeof inner === 'string')
  if (typeof text === 'string') return [parseJson(text)]
  throw unreadable("neither a record of CloudTrail's nor an event of EventBridge's")
}

/** A digest, which lies beside the files that it vouches for, tells nothing itself. */
function isRecord(value: unknown): boolean {
  return (
    isEnvelope(value) ||
    typeof fieldOf(value, 'eventName') === 'string' ||
    typeof fieldOf(value, 'digestS3Object') === 'string'
  )
}

/** Where a value says that it is, if it does; what is read of it later may say more. */
function placeIn(value: unknown): FoundIn {
  const record = isEnvelope(value) ? fieldOf(value, 'detail') : value
  const account = [
    fieldOf(record, 'recipientAccountId'),
    fieldOf(value, 'account'),
    fieldOf(fieldOf(record, 'userIdentity'), 'accountId'),
  ].find((id) => id !== undefined && id !== null)
  const region = [fieldOf(record, 'awsRegion'), fieldOf(value, 'region')].find(Boolean)
  return {
    ...(AccountId.safeParse(account).success && { account: String(account) }),
    ...(typeof region === 'string' && { region }),
  }
}
