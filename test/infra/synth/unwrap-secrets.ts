/** Pulumi marks a secret as `{ [SIGNATURE]: …, value }`. */
const SIGNATURE = '4dabf18193072939515e22adb298388d'

/** A value without Pulumi's marks, and the paths of what was marked as secret. */
export function unwrapSecrets(value: unknown): {
  readonly plain: unknown
  readonly secretPaths: readonly string[]
} {
  const secretPaths: string[] = []
  const unwrap = (item: unknown, path: readonly string[]): unknown => {
    if (Array.isArray(item)) return item.map((child, index) => unwrap(child, [...path, String(index)]))
    if (!isPlainObject(item)) return item
    if (SIGNATURE in item) {
      secretPaths.push(path.join('.'))
      return unwrap(item.value, path)
    }
    return Object.fromEntries(
      Object.entries(item).map(([key, child]) => [key, unwrap(child, [...path, key])]),
    )
  }
  return { plain: unwrap(value, []), secretPaths }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
