// Prints what a stage has, from the evaluation that test/infra looks at: `npm run infra -- production`. Nothing is created,
// and neither credentials nor secrets are needed.
import { parseArgs } from 'node:util'
import { toEstate } from '../test/infra/synth/estate.ts'
import { synthesize } from '../test/infra/synth/synth.ts'
import type { SynthResource } from '../test/infra/synth/synth-types.ts'

/** What matters, by the end of the type; of other types the name alone. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  Bucket: ['forceDestroy'],
  BucketServerSideEncryptionConfiguration: ['rules'],
  EventBusPolicy: ['policy'],
  EventRule: ['eventBusName', 'eventPattern'],
  EventSourceMapping: [
    'eventSourceArn',
    'functionName',
    'batchSize',
    'maximumBatchingWindowInSeconds',
    'scalingConfig',
    'functionResponseTypes',
  ],
  EventTarget: ['arn', 'deadLetterConfig'],
  Function: [
    'runtime',
    'architectures',
    'memorySize',
    'timeout',
    'reservedConcurrentExecutions',
    'environment',
  ],
  FunctionEventInvokeConfig: [
    'functionName',
    'maximumRetryAttempts',
    'maximumEventAgeInSeconds',
    'destinationConfig',
  ],
  Invocation: ['functionName', 'triggers'],
  Key: ['enableKeyRotation', 'policy'],
  LogGroup: ['retentionInDays'],
  MetricAlarm: [
    'namespace',
    'metricName',
    'dimensions',
    'threshold',
    'period',
    'evaluationPeriods',
    'treatMissingData',
  ],
  Queue: [
    'visibilityTimeoutSeconds',
    'messageRetentionSeconds',
    'maxMessageSize',
    'sqsManagedSseEnabled',
    'redrivePolicy',
  ],
  QueuePolicy: ['policy'],
  RedriveAllowPolicy: ['redriveAllowPolicy'],
  Role: ['assumeRolePolicy', 'inlinePolicies', 'managedPolicyArns'],
  Schedule: ['scheduleExpression', 'scheduleExpressionTimezone', 'state', 'target'],
  Topic: ['kmsMasterKeyId'],
  TopicPolicy: ['policy'],
  TopicSubscription: ['protocol', 'endpoint'],
}
/** A key that SST makes for each deployment. */
const HIDDEN = /"SST_KEY":"[^"]*",?/

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const [stage] = positionals
if (!stage) {
  console.error('name the stage: npm run infra -- production')
  process.exit(2)
}

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(POLO_|ALARM_EMAIL$)/.test(name)),
)
const estate = toEstate(await synthesize({ stage, environment: strings(environment) }))
const resources = estate.resources
  .filter(({ custom }) => custom)
  .map((resource) => ({ type: resource.type, name: nameOf(resource), settings: settingsOf(resource) }))
  .sort((a, b) => a.type.localeCompare(b.type) || a.name.localeCompare(b.name))

if (values.json) console.log(JSON.stringify({ app: estate.app, resources }, null, 2))
else {
  for (const { type, name, settings } of resources) {
    console.log(`${type}  ${name}`)
    for (const [key, value] of Object.entries(settings)) console.log(`    ${key}: ${formatValue(value)}`)
  }
  const { removal, protect } = estate.app
  console.log(
    `\n${resources.length} resources in ${stage}; removal: ${removal}; protected: ${protect ? 'yes' : 'no'}`,
  )
}

function nameOf({ name, inputs }: SynthResource): string {
  return typeof inputs.name === 'string' ? inputs.name : name
}

function settingsOf({ type, inputs }: SynthResource): Record<string, unknown> {
  const keys = SETTINGS[type.split(':').at(-1) ?? ''] ?? []
  return Object.fromEntries(keys.flatMap((key) => (inputs[key] === undefined ? [] : [[key, inputs[key]]])))
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(HIDDEN, '')
}

function strings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
