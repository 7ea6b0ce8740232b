import { physicalName } from './names.ts'
import { settings } from './stage.ts'

const DAY_SECONDS = 86_400
/** SQS's limit since 2025; a block is kept below it. */
const MAX_MESSAGE_BYTES = 1_048_576
const SOURCE_DAYS = 7
/** A dead letter keeps the time at which it was first sent. */
const DEAD_LETTER_DAYS = 14

/** After that, what waits to be stored is lost. */
export const SOURCE_RETENTION_SECONDS = SOURCE_DAYS * DAY_SECONDS
// A queue hides a message for six times as long as its function may take, as Lambda recommends, and for the window.
export const INGESTER_TIMEOUT_SECONDS = 30
/** Batches of lifecycle events are gathered for this long. */
export const LIFECYCLE_WINDOW_SECONDS = 20
export const LIFECYCLE_TIMEOUT_SECONDS = 30
/** What buckets tell is gathered for this long: requests to load share a block. */
export const OBJECTS_WINDOW_SECONDS = 20
export const OBJECTS_TIMEOUT_SECONDS = 30

// SST's own link allows everything on the queue; what is linked here is only sent to.
sst.Linkable.wrap(sst.aws.Queue, (queue) => ({
  properties: { url: queue.url },
  include: [sst.aws.permission({ actions: ['sqs:SendMessage'], resources: [queue.arn] })],
}))

interface QueueSettings {
  readonly retentionDays: number
  readonly visibilitySeconds?: number
  readonly redrive?: { readonly to: sst.aws.Queue; readonly maxReceiveCount: number }
}

function makeQueue(component: string, name: string, options: QueueSettings): sst.aws.Queue {
  const { retentionDays, visibilitySeconds = 30, redrive } = options
  return new sst.aws.Queue(component, {
    visibilityTimeout: `${visibilitySeconds} seconds`,
    ...(redrive && { dlq: { queue: redrive.to.arn, retry: redrive.maxReceiveCount } }),
    transform: {
      queue(args, resource) {
        args.name = physicalName(name)
        args.messageRetentionSeconds = retentionDays * DAY_SECONDS
        args.maxMessageSize = MAX_MESSAGE_BYTES
        args.sqsManagedSseEnabled = true
        resource.retainOnDelete = settings.keepData
        return undefined
      },
    },
  })
}

/** Of both source queues: operators want one place to look. */
const eventsDlq = makeQueue('EventsDlq', 'events-dlq', { retentionDays: DEAD_LETTER_DAYS })
const source: QueueSettings = {
  retentionDays: SOURCE_DAYS,
  visibilitySeconds: 6 * INGESTER_TIMEOUT_SECONDS,
  // An outage costs receives; a poison message is put there by the ingester itself, long before.
  redrive: { to: eventsDlq, maxReceiveCount: 50 },
}
const lifecycleDlq = makeQueue('LifecycleDlq', 'lifecycle-dlq', { retentionDays: DEAD_LETTER_DAYS })
const objectsDlq = makeQueue('ObjectsDlq', 'objects-dlq', { retentionDays: DEAD_LETTER_DAYS })

export const queues = {
  events: makeQueue('EventsQueue', 'events', source),
  /** What may wait, so that it never stands before what is new. */
  backfill: makeQueue('BackfillQueue', 'backfill', source),
  eventsDlq,
  /** What the functions that are invoked asynchronously could not do, and firings that nobody took. */
  jobsDlq: makeQueue('JobsDlq', 'jobs-dlq', { retentionDays: DEAD_LETTER_DAYS }),
  lifecycle: makeQueue('LifecycleQueue', 'lifecycle', {
    retentionDays: SOURCE_DAYS,
    visibilitySeconds: 6 * LIFECYCLE_TIMEOUT_SECONDS + LIFECYCLE_WINDOW_SECONDS,
    // An outage of the function, such as a bad deploy, has hours to be mended.
    redrive: { to: lifecycleDlq, maxReceiveCount: 50 },
  }),
  lifecycleDlq,
  /** What S3 says was written into buckets that are loaded from. */
  objects: makeQueue('ObjectsQueue', 'objects', {
    retentionDays: SOURCE_DAYS,
    visibilitySeconds: 6 * OBJECTS_TIMEOUT_SECONDS + OBJECTS_WINDOW_SECONDS,
    redrive: { to: objectsDlq, maxReceiveCount: 50 },
  }),
  objectsDlq,
}

redriveOnlyFrom('EventsDlq', eventsDlq, [queues.events, queues.backfill])
redriveOnlyFrom('LifecycleDlq', lifecycleDlq, [queues.lifecycle])
redriveOnlyFrom('ObjectsDlq', objectsDlq, [queues.objects])

function redriveOnlyFrom(component: string, dlq: sst.aws.Queue, sources: readonly sst.aws.Queue[]): void {
  new aws.sqs.RedriveAllowPolicy(`${component}Sources`, {
    queueUrl: dlq.url,
    redriveAllowPolicy: $jsonStringify({
      redrivePermission: 'byQueue',
      sourceQueueArns: sources.map(({ arn }) => arn),
    }),
  })
}
