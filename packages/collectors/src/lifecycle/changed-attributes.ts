import type { CloudTrailRecord } from './cloudtrail-record.ts'
import { isOmitted } from './omitted.ts'
import { fieldOf, readTagList, text } from './told-tags.ts'

/** What names the resource, what makes a request safe to repeat, and what only says in another way which attribute. */
const NO_ATTRIBUTES = /^(?:.*(?:id|arn)|clientToken|dryRun|xmlns|attributeType|operationType)$/i
/** Attributes, in lower case, whose values may be stored; others may be secret, as user data is, or are no single value. */
const TOLD_VALUES = new Set([
  'disableapistop',
  'disableapitermination',
  'ebsoptimized',
  'enasupport',
  'instanceinitiatedshutdownbehavior',
  'instancetype',
  'iops',
  'multiattachenabled',
  'size',
  'sourcedestcheck',
  'storagetier',
  'throughput',
  'volumetype',
])
/** CloudTrail writes `<sensitiveDataRemoved>` in place of what it hides. */
const HIDDEN = /^<.*>$/

/** An attribute that a Modify call was asked to change; `value` where it is one that may be stored. */
interface ChangedAttribute {
  readonly name: string
  readonly value: string | undefined
}

/** The attributes that a Modify call was asked to change; none of other calls. */
export function changedAttributes({ eventName, requestParameters }: CloudTrailRecord): ChangedAttribute[] {
  if (!eventName.startsWith('Modify') || isOmitted(requestParameters)) return []
  const named = fieldOf(requestParameters, 'attribute')
  if (typeof named === 'string') return [toChange(named, fieldOf(requestParameters, 'value'))]
  const request = fieldOf(requestParameters, `${eventName}Request`) ?? requestParameters
  return Object.entries(Object(request)).flatMap(([name, value]) => {
    if (NO_ATTRIBUTES.test(name)) return []
    return name === 'attributes' ? listedAttributes(value) : [toChange(name, value)]
  })
}

/** Of a load balancer or a target group: `[{ key: 'deletion_protection.enabled', value: 'true' }]`. */
function listedAttributes(list: unknown): ChangedAttribute[] {
  return Object.entries(readTagList(list)).map(([name, value]) => ({ name, value }))
}

/** Of `{ instanceType: { value: 'm5.large' } }` as of `{ Size: 200 }`. */
function toChange(name: string, value: unknown): ChangedAttribute {
  if (!TOLD_VALUES.has(name.toLowerCase())) return { name, value: undefined }
  const said = text(fieldOf(value, 'value') ?? value)
  return { name, value: said !== undefined && HIDDEN.test(said) ? undefined : said }
}
