/** Controls, and what reorders or hides text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Text from outside, on one line, so that a terminal shows it and obeys none of it. */
export function printable(text: string, maxLength = 300): string {
  const escaped = text.slice(0, maxLength).toWellFormed().replace(UNPRINTABLE, escapeChar)
  return text.length > maxLength ? `${escaped}… (${text.length} characters)` : escaped
}

/** The same of a path, of which the end tells the most: `…-02/part-0001.csv.gz` */
export function printableEnd(path: string, maxLength: number): string {
  return path.length > maxLength ? `…${printable(path.slice(1 - maxLength))}` : printable(path)
}

/** JSON whose strings mean the same, without the control characters that `JSON.stringify` leaves as they are. */
export function printableJson(value: unknown, indent?: number): string {
  // Within its strings, JSON has no line ends.
  const lines = JSON.stringify(value, null, indent).split('\n')
  return lines.map(escapeUnprintable).join('\n')
}

/** One line with every control character and the like as `\u` and four digits: within JSON's strings, the same. */
export function escapeUnprintable(line: string): string {
  return line.replace(UNPRINTABLE, escapeChar)
}

function escapeChar(char: string): string {
  return [...Array(char.length).keys()]
    .map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')
}
