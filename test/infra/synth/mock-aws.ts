import * as z from 'zod'

export const ACCOUNT = '999988887777'
export const REGION = 'eu-west-1'

const SERVICES: Readonly<Record<string, string>> = {
  'aws:cloudwatch/eventBus:EventBus': 'events',
  'aws:cloudwatch/eventRule:EventRule': 'events',
  'aws:cloudwatch/logGroup:LogGroup': 'logs',
}

type Inputs = Readonly<Record<string, unknown>>

/** What AWS would answer to the creation of a resource. */
export function createdState(type: string, name: string, inputs: Inputs): Record<string, unknown> {
  const physical = typeof inputs.name === 'string' ? inputs.name : name
  const bus = typeof inputs.eventBusName === 'string' ? `${inputs.eventBusName}/` : ''
  const arn = arnOf(type, physical, bus)
  const state: Record<string, unknown> = { ...inputs, arn, name: physical }
  switch (type) {
    case 'aws:sqs/queue:Queue':
      return { ...state, url: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${physical}` }
    case 'aws:s3/bucket:Bucket':
      return { ...state, bucket: inputs.bucket ?? name }
    case 'aws:iam/role:Role':
      return { ...state, uniqueId: `AROA-${physical}` }
    case 'aws:lambda/function:Function':
      return { ...state, qualifiedArn: `${arn}:1`, invokeArn: arn, version: '1', lastModified: '0' }
    case 'aws:lambda/invocation:Invocation':
      return { ...state, result: JSON.stringify({ version: '9999', applied: [] }) }
    case 'random:index/randomBytes:RandomBytes':
      return { ...state, base64: Buffer.alloc(32).toString('base64') }
    default:
      return state
  }
}

function arnOf(type: string, name: string, bus: string): string {
  const service = SERVICES[type] ?? type.split(/[:/]/)[1] ?? ''
  const resource: Readonly<Record<string, string>> = {
    'aws:lambda/function:Function': `function:${name}`,
    'aws:cloudwatch/eventBus:EventBus': `event-bus/${name}`,
    'aws:cloudwatch/eventRule:EventRule': `rule/${bus}${name}`,
  }
  if (service === 'iam') return `arn:aws:iam::${ACCOUNT}:role/${name}`
  if (service === 's3') return `arn:aws:s3:::${name}`
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource[type] ?? name}`
}

/** What the AWS provider's functions would answer. */
export function called(token: string, inputs: Inputs): Record<string, unknown> {
  switch (token) {
    case 'aws:index/getPartition:getPartition':
      return { partition: 'aws', dnsSuffix: 'amazonaws.com' }
    case 'aws:index/getRegion:getRegion':
      return { region: REGION, name: REGION, id: REGION }
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/deployer`, userId: 'AIDA' }
    case 'aws:iam/getPolicyDocument:getPolicyDocument': {
      const json = policyJson(inputs)
      // SST reads the statements back, and makes no policy where there are none.
      return { ...inputs, id: 'policy', json, minifiedJson: json }
    }
    default:
      throw new Error(`the mocked provider knows no ${token}: add it to mock-aws.ts`)
  }
}

const Statement = z.object({
  sid: z.string().optional(),
  effect: z.string().default('Allow'),
  actions: z.array(z.string()),
  resources: z.array(z.string()).optional(),
  principals: z.array(z.object({ type: z.string(), identifiers: z.array(z.string()) })).optional(),
  conditions: z
    .array(z.object({ test: z.string(), variable: z.string(), values: z.array(z.string()) }))
    .optional(),
})

function policyJson({ statements = [] }: Inputs): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: z.array(Statement).parse(statements).map(toStatement),
  })
}

function toStatement({ sid, effect, actions, resources, principals, conditions }: z.infer<typeof Statement>) {
  const Condition: Record<string, Record<string, readonly string[]>> = {}
  for (const { test, variable, values } of conditions ?? []) {
    Condition[test] = { ...Condition[test], [variable]: values }
  }
  return {
    ...(sid && { Sid: sid }),
    Effect: effect,
    ...(principals && {
      Principal: Object.fromEntries(principals.map(({ type, identifiers }) => [type, identifiers])),
    }),
    Action: actions,
    ...(resources && { Resource: resources }),
    ...(conditions && conditions.length > 0 && { Condition }),
  }
}
