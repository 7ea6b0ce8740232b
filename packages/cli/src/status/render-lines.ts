export interface RenderOptions {
  /** Every line, however many there are. */
  readonly all: boolean
}

/** More than a screen holds are summed up. */
const MAX_LINES = 20

/** Lines that fit on a screen, and how many more there are. */
export function limit(lines: readonly string[], { all }: RenderOptions): string[] {
  if (all || lines.length <= MAX_LINES) return [...lines]
  return [...lines.slice(0, MAX_LINES), ...more(lines.length - MAX_LINES)]
}

/** That so many lines were left out, and how to see them. */
export function more(number: number): string[] {
  return number > 0 ? [`  ${say(number)} more: polo status --all`] : []
}

/** `1 account`, `2,500 accounts`. */
export function count(number: number, noun: string): string {
  return `${say(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** `2,500` */
export function say(number: number): string {
  return number.toLocaleString('en-US')
}
