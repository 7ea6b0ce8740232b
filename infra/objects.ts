import { bulkBuckets } from '@polo/collectors'
import { config } from './config.ts'
import { hubBus } from './lifecycle.ts'
import { physicalName } from './names.ts'
import { queuePolicy } from './queue-policies.ts'
import { OBJECTS_TIMEOUT_SECONDS, OBJECTS_WINDOW_SECONDS, queues } from './queues.ts'
import { readQueue } from './read-queue.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN = 2_048

const buckets = [...new Set(bulkBuckets(config).map(({ bucket }) => bucket))]

/** Says what was written into buckets that are loaded from, as S3 or the hub's bus tells it. */
export const objects = readQueue('objects', {
  queue: queues.objects,
  timeoutSeconds: OBJECTS_TIMEOUT_SECONDS,
  windowSeconds: OBJECTS_WINDOW_SECONDS,
})

const rules = divide(buckets).map(
  (names, index) =>
    new aws.cloudwatch.EventRule(`ObjectsRule${numberOf(index)}`, {
      name: physicalName(index === 0 ? 'objects' : `objects-${index + 1}`),
      eventBusName: hubBus.name,
      eventPattern: patternOf(names),
    }),
)
const policies = [
  queuePolicy('ObjectsQueue', queues.objects, { rules, buckets }),
  queuePolicy('ObjectsDlq', queues.objectsDlq, { rules }),
]
for (const [index, rule] of rules.entries()) {
  new aws.cloudwatch.EventTarget(
    `ObjectsTarget${numberOf(index)}`,
    {
      rule: rule.name,
      eventBusName: hubBus.name,
      targetId: 'objects-queue',
      arn: queues.objects.arn,
      deadLetterConfig: { arn: queues.objectsDlq.arn },
    },
    { dependsOn: policies },
  )
}

/** The first has none. */
function numberOf(index: number): string {
  return index === 0 ? '' : String(index + 1)
}

function patternOf(names: readonly string[]): string {
  return JSON.stringify({
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: { bucket: { name: names } },
  })
}

/** As many to a rule as its pattern takes. */
function divide(names: readonly string[]): string[][] {
  const divided: string[][] = []
  for (const name of names) {
    const last = divided.at(-1)
    if (last && patternOf([...last, name]).length <= MAX_PATTERN) last.push(name)
    else divided.push([name])
  }
  return divided
}
