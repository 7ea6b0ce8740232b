import type * as z from 'zod'
import { FunctionInputs, MappingInputs, QueueInputs, ScheduleInputs } from './rule-inputs.ts'
import type { Estate } from './synth/estate.ts'
import { permissionsOf, RoleInputs } from './synth/policy.ts'
import type { SynthResource } from './synth/synth-types.ts'

const MAX_ENVIRONMENT_BYTES = 4_096
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN = 2_048
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html */
const MAX_QUEUE_POLICY = 8_192
/** Of all inline policies of a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_INLINE_POLICIES = 10_240
const LIVE_RUNTIME = 'provided.al2023'

/** What holds for all resources of any stage; each line names one that breaks a rule. */
export function brokenRules(estate: Estate, secrets: readonly string[]): readonly string[] {
  return [
    ...estate.all('Function').flatMap((resource) => functionRules(resource, estate)),
    ...estate.all('EventSourceMapping').flatMap((resource) => mappingRules(resource, estate)),
    ...estate.all('Queue').flatMap((resource) => queueRules(resource, estate)),
    ...estate.all('Role').flatMap(({ name }) => roleRules(name, estate)),
    ...estate.all('Role').flatMap(({ name, inputs }) => {
      const policies = RoleInputs.parse(inputs).inlinePolicies.map(({ policy }) => policy)
      return lengthRules(name, policies.join(''), MAX_INLINE_POLICIES)
    }),
    ...estate
      .all('EventRule')
      .flatMap(({ name, inputs }) => lengthRules(name, String(inputs.eventPattern), MAX_PATTERN)),
    ...estate
      .all('QueuePolicy')
      .flatMap(({ name, inputs }) => lengthRules(name, String(inputs.policy), MAX_QUEUE_POLICY)),
    ...estate.resources.flatMap((resource) => secretRules(resource, secrets)),
    ...estate.all('FunctionUrl').map(({ name }) => `${name}: nothing has a public address`),
    ...estate.all('Permission').map(({ name }) => `${name}: nobody else may invoke a function`),
  ]
}

/** IAM takes no resource for these. */
const WITHOUT_RESOURCE = ['lambda:ListEventSourceMappings', 'cloudwatch:GetMetricData']

function functionRules({ name, inputs }: SynthResource, estate: Estate): readonly string[] {
  const made = FunctionInputs.parse(inputs)
  const bytes = Object.entries(made.environment.variables).reduce(
    (sum, pair) => sum + pair.join('').length,
    0,
  )
  const logs = estate.all('LogGroup').find((group) => group.inputs.name === made.loggingConfig.logGroup)
  const isAsync = estate.all('Schedule').some(({ inputs: schedule }) => {
    return ScheduleInputs.parse(schedule).target.arn.endsWith(`:${made.name}`)
  })
  const failures = estate
    .all('FunctionEventInvokeConfig')
    .filter((config) => config.inputs.functionName === made.name)
  return [
    ...broken(
      bytes < MAX_ENVIRONMENT_BYTES,
      `${name}: its environment has ${bytes} bytes, Lambda takes 4096`,
    ),
    ...broken(Number(logs?.inputs.retentionInDays) > 0, `${name}: its log is kept for ever`),
    ...broken(
      made.runtime === LIVE_RUNTIME || (made.runtime === 'nodejs24.x' && made.architectures[0] === 'arm64'),
      `${name}: runs on ${made.runtime} and ${made.architectures}`,
    ),
    ...broken(
      !(isAsync || made.name.includes('-collect-')) || failures.length === 1,
      `${name}: its failures go nowhere`,
    ),
    ...concurrencyRules(name, made, estate),
  ]
}

function concurrencyRules(
  name: string,
  made: z.infer<typeof FunctionInputs>,
  estate: Estate,
): readonly string[] {
  const { reservedConcurrentExecutions: reserved } = made
  const mappings = estate.all('EventSourceMapping').map(({ inputs }) => MappingInputs.parse(inputs))
  const maxima = mappings
    .filter(({ functionName }) => functionName.endsWith(`:${made.name}`))
    .reduce((sum, { scalingConfig }) => sum + scalingConfig.maximumConcurrency, 0)
  return broken(
    reserved === undefined || reserved > maxima,
    `${name}: ${reserved} reserved, its mappings take ${maxima}`,
  )
}

function mappingRules({ name, inputs }: SynthResource, estate: Estate): readonly string[] {
  const mapping = MappingInputs.parse(inputs)
  const queue = QueueInputs.parse(estate.one('Queue', lastPart(mapping.eventSourceArn)).inputs)
  const target = FunctionInputs.parse(estate.one('Function', lastPart(mapping.functionName)).inputs)
  const window = mapping.maximumBatchingWindowInSeconds
  const needed = 6 * target.timeout + window
  const visibility = queue.visibilityTimeoutSeconds
  return [
    ...broken(
      visibility >= needed,
      `${name}: ${queue.name} hides messages for ${visibility} s, not for ${needed} s`,
    ),
    ...broken(
      mapping.batchSize <= 10 || window > 0,
      `${name}: a batch of ${mapping.batchSize} needs a window`,
    ),
    ...broken(
      mapping.functionResponseTypes.includes('ReportBatchItemFailures'),
      `${name}: a batch fails as a whole`,
    ),
    ...broken(queue.redrivePolicy !== undefined, `${name}: ${queue.name} has no dead-letter queue`),
  ]
}

function queueRules({ name, inputs }: SynthResource, estate: Estate): readonly string[] {
  const queue = QueueInputs.parse(inputs)
  const policies = estate
    .all('QueuePolicy')
    .filter((policy) => lastPart(String(policy.inputs.queueUrl), '/') === queue.name)
  const isTlsOnly = policies.some(({ inputs: policy }) =>
    String(policy.policy).includes('aws:SecureTransport'),
  )
  const dlq = queue.redrivePolicy && String(JSON.parse(queue.redrivePolicy).deadLetterTargetArn)
  return [
    ...broken(queue.sqsManagedSseEnabled === true, `${name}: is not encrypted`),
    ...broken(policies.length === 1 && isTlsOnly, `${name}: may be reached without TLS`),
    ...broken(
      !dlq || estate.all('Queue').some((other) => other.inputs.name === lastPart(dlq)),
      `${name}: ${dlq} is not there`,
    ),
  ]
}

function roleRules(role: string, estate: Estate): readonly string[] {
  const isLive = (line: string) => /^(appsync|s3):\* /.test(line)
  return permissionsOf(estate, role).flatMap((line) => {
    const [action = '', resource = ''] = line.split(' ')
    const isWide = action.endsWith('*') || (resource === '*' && !WITHOUT_RESOURCE.includes(action))
    return broken(!isWide || (isLive(line) && estate.isDev), `${role}: may ${line}`)
  })
}

function lengthRules(name: string, { length }: string, limit: number): readonly string[] {
  return broken(length <= limit, `${name}: ${length} characters, and AWS takes ${limit}`)
}

/** In SST's state, links are kept encrypted. */
function secretRules(resource: SynthResource, secrets: readonly string[]): readonly string[] {
  const { type, name, inputs, secretPaths } = resource
  if (type === 'sst:sst:LinkRef' && secretPaths.includes('properties')) return []
  const text = JSON.stringify(inputs)
  return broken(!secrets.some((secret) => text.includes(secret)), `${type} ${name}: a secret can be read`)
}

function broken(holds: boolean, message: string): readonly string[] {
  return holds ? [] : [message]
}

function lastPart(text: string, separator = ':'): string {
  return text.split(separator).at(-1) ?? ''
}
