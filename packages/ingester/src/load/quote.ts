/** A string literal of ClickHouse's, for the arguments of table functions, which take no parameters. */
export function quoteString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** A name as ClickHouse takes it whatever it holds. */
export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

/** An array of strings. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteString).join(', ')}]`
}
