import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.ts'
import { describeError } from '../output/describe-error.ts'

/** A JSON merge patch (RFC 7396) that is an object: null takes a field away, anything else sets it. */
export type MergePatch = Readonly<Record<string, unknown>>

declare global {
  interface JSON {
    /** JSON text that `JSON.stringify` writes as it is. */
    rawJSON(text: string): unknown
    isRawJSON(value: unknown): boolean
  }
}

/**
 * Reads `--patch`: the JSON itself, or `@` and the name of a file with it.
 * @throws UsageError
 */
export async function readMergePatch(text: string): Promise<MergePatch> {
  const json = text.startsWith('@') ? await readPatchFile(text.slice(1)) : text
  const patch = parseExactly(json)
  if (isObject(patch) && Object.keys(patch).length > 0) return patch
  throw new UsageError(
    '--patch: expected a JSON object of the columns to change, such as \'{"unit":"GiB","properties":{"note":null}}\'',
  )
}

/** What RFC 7396 makes of `target`; every key is data, `__proto__` and its kin too. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const fields = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name)
    else fields.set(name, applyMergePatch(fields.get(name), value))
  }
  return Object.fromEntries(fields)
}

/** JSON whose numbers keep every digit when they are written again; undefined where the text is no JSON. */
export function parseExactly(text: string): unknown {
  try {
    return JSON.parse(text, keepNumber)
  } catch {
    return undefined
  }
}

function keepNumber(_key: string, value: unknown, context?: { source: string }): unknown {
  return typeof value === 'number' && context ? JSON.rawJSON(context.source) : value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

async function readPatchFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`--patch: cannot read ${file}: ${describeError(cause)}`, { cause })
  }
}
