const MAX_NAME_LENGTH = 64
const MAX_VALUE_LENGTH = 256
const NOT_IN_NAMES = /[^\w+=,.@-]/gu
const NOT_IN_TAGS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu

/** A role session's name as AWS takes it. */
export function sessionName(name: string): string {
  return name.replace(NOT_IN_NAMES, '-').slice(0, MAX_NAME_LENGTH)
}

/** Tags as AWS takes them; those without a value are left out. */
export function sessionTags(
  tags: Readonly<Record<string, string | undefined>>,
): { Key: string; Value: string }[] {
  return Object.entries(tags).flatMap(([Key, value]) => {
    // By character: half of one would not be taken.
    const Value = [...(value ?? '').replace(NOT_IN_TAGS, '-')].slice(0, MAX_VALUE_LENGTH).join('')
    return Value === '' ? [] : [{ Key, Value }]
  })
}
