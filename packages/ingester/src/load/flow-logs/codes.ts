/** Small numbers that stand for texts while records are grouped, which takes half of the time that texts take. */
export const STATUSES = ['OK', 'NODATA', 'SKIPDATA'] as const
export const ACTIONS = ['ACCEPT', 'REJECT'] as const
export const DIRECTIONS = ['ingress', 'egress'] as const
export const PEER_CLASSES = [
  'same_az',
  'cross_az',
  'vpc',
  'private',
  'internet',
  'aws_service',
  'unknown',
] as const

/** What no value of a field is. */
export const OTHER = 255

/** The number of a text among `values`, from 1; 0 where the field is missing, and OTHER where it is none of them. */
export function encode(text: string, values: readonly string[]): string {
  const cases = values.map((value, index) => `${text} = '${value}', ${index + 1}`)
  return `multiIf(${cases.join(', ')}, ${text} = '-', 0, ${OTHER})`
}

/** The text that a number stands for; 0 stands for `none`. */
export function decode(code: string, values: readonly string[], none: string): string {
  const texts = [none, ...values].map((value) => `'${value}'`)
  return `[${texts.join(', ')}][${code} + 1]`
}

/** The number of one text. */
export function codeOf<Value extends string>(values: readonly Value[], value: Value): number {
  return values.indexOf(value) + 1
}
