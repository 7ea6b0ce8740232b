/**
 * What an operation of the SDK answers with, in the SDK's own static schemas:
 * `[3, namespace, name, traits, memberNames, memberSchemas]` a structure, `[1, …, item]` a list, `[2, …, key, value]` a map,
 * a number a simple type. Schemas may be lazy functions, and pairs of a schema and its traits.
 * What is not understood is read as it stands.
 */
export type AnswerSchema = unknown

const LIST = 1
const MAP = 2
const STRUCTURES = new Set<unknown>([3, 4, -3])
const TIMESTAMPS = new Set<unknown>([4, 5, 6, 7])
const RESPONSE_METADATA = 'ResponseMetadata'

/** The answer's schema in an operation's: `[9, namespace, name, traits, input, output]`. */
export function answerSchemaOf(operationSchema: unknown): AnswerSchema {
  return Array.isArray(operationSchema) ? operationSchema[5] : undefined
}

/**
 * A recorded answer as the SDK would give it: dates are Dates (recorded as placebo's objects, ISO strings or
 * epoch seconds), and null is undefined.
 * @throws TypeError for a date object that is not a date
 */
export function readAnswer(data: object, answerSchema: AnswerSchema): object {
  const answer = read(data, answerSchema)
  return isObject(answer) ? answer : {}
}

function read(value: unknown, ref: unknown): unknown {
  const schema = resolve(ref)
  if (value === null) return undefined
  if (TIMESTAMPS.has(schema)) return toDate(value)
  if (Array.isArray(value)) {
    const item = Array.isArray(schema) && schema[0] === LIST ? schema[4] : undefined
    return value.map((element) => read(element, item))
  }
  if (!isObject(value)) return value
  if ('__class__' in value && value.__class__ === 'datetime') return dateFromParts(value)
  const entries = Object.entries(value).filter(
    ([key, member]) => key !== RESPONSE_METADATA && member !== null,
  )
  return Object.fromEntries(entries.map(([key, member]) => [key, read(member, memberSchema(schema, key))]))
}

function toDate(value: unknown): unknown {
  if (isObject(value)) return dateFromParts(value)
  const date = typeof value === 'number' ? new Date(value * 1000) : new Date(String(value))
  return Number.isNaN(date.getTime()) ? value : date
}

function dateFromParts(parts: object): Date {
  const part = (name: string, absent?: number): number => {
    const value: unknown = Reflect.get(parts, name) ?? absent
    if (typeof value === 'number') return value
    throw new TypeError(`a date in it has no '${name}': ${JSON.stringify(parts).slice(0, 200)}`)
  }
  return new Date(
    Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour', 0),
      part('minute', 0),
      part('second', 0),
      Math.floor(part('microsecond', 0) / 1000),
    ),
  )
}

function memberSchema(schema: unknown, key: string): unknown {
  if (!Array.isArray(schema)) return undefined
  if (schema[0] === MAP) return schema[5]
  if (!STRUCTURES.has(schema[0]) || !Array.isArray(schema[4]) || !Array.isArray(schema[5])) return undefined
  const index = schema[4].indexOf(key)
  return index === -1 ? undefined : schema[5][index]
}

/** Follows lazy references and takes a schema out of its pair with traits. */
function resolve(ref: unknown): unknown {
  let schema = ref
  for (let depth = 0; depth < 8; depth++) {
    if (typeof schema === 'function') schema = schema()
    else if (Array.isArray(schema) && schema.length === 2) schema = schema[0]
    else return schema
  }
  return undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
