const PLAIN_WORD = /^[\w.=:/+@~-]+$/

/** As it is typed into a POSIX shell, which takes spaces and some other characters for more than themselves. */
export function shellWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
