/** One significant token of a SQL text; comments and blanks are left out. */
export interface SqlToken {
  kind: 'word' | 'quoted' | 'string' | 'symbol' | 'unclosed'
  text: string
  start: number
  end: number
  /** How many brackets of any sort enclose it. */
  depth: number
}

const BLANK = /[\s\0]/
const WORD = /[A-Za-z0-9_\x80-\xff]/
const WORD_REST = /[A-Za-z0-9_$\x80-\xff]*/y
const HEREDOC_TAG = /\$\w*\$/y
// The typographic quotes, as the UTF-8 bytes that they are in a latin1 string.
const CURLY_QUOTES = new Map([
  ['\xe2\x80\x98', '\xe2\x80\x99'],
  ['\xe2\x80\x9c', '\xe2\x80\x9d'],
])

/**
 * Splits SQL the way ClickHouse's own lexer does. `sql` holds one byte per character (latin1), so that
 * positions are byte positions and whatever binary data follows a statement cannot shift them.
 * The tokens are produced as they are asked for: nothing behind the last one asked for is looked at.
 */
export function* lexSql(sql: string): Generator<SqlToken> {
  let depth = 0
  for (let at = skipBlanks(sql, 0); at < sql.length; ) {
    const { kind, end } = readToken(sql, at)
    const text = sql.slice(at, end)
    if (kind === 'symbol' && ')]}'.includes(text)) depth = Math.max(0, depth - 1)
    yield { kind, text, start: at, end, depth }
    if (kind === 'symbol' && '([{'.includes(text)) depth++
    at = skipBlanks(sql, end)
  }
}

/** The first position at or after `at` that is neither blank nor inside a comment. */
export function skipBlanks(sql: string, at: number): number {
  for (let next = at; ; at = next) {
    while (next < sql.length && BLANK.test(sql.charAt(next))) next++
    if (startsLineComment(sql, next)) {
      const newline = sql.indexOf('\n', next)
      next = newline === -1 ? sql.length : newline + 1
    } else if (sql.startsWith('/*', next)) {
      next = endOfBlockComment(sql, next)
    }
    if (next === at) return at
  }
}

function startsLineComment(sql: string, at: number): boolean {
  return sql.startsWith('--', at) || sql.startsWith('# ', at) || sql.startsWith('#!', at)
}

function endOfBlockComment(sql: string, start: number): number {
  let open = 0
  for (let at = start; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      open++
      at++
    } else if (sql.startsWith('*/', at)) {
      open--
      at++
      if (open === 0) return at + 1
    }
  }
  return sql.length
}

function readToken(sql: string, at: number): { kind: SqlToken['kind']; end: number } {
  const char = sql.charAt(at)
  if (char === "'") return readQuoted(sql, at, 'string')
  if (char === '"' || char === '`') return readQuoted(sql, at, 'quoted')
  const curlyEnd = CURLY_QUOTES.get(sql.slice(at, at + 3))
  if (curlyEnd !== undefined) {
    const close = sql.indexOf(curlyEnd, at + 3)
    if (close === -1) return { kind: 'unclosed', end: sql.length }
    return { kind: sql.startsWith('\x98', at + 2) ? 'string' : 'quoted', end: close + 3 }
  }
  if (char === '$') {
    HEREDOC_TAG.lastIndex = at
    const tag = HEREDOC_TAG.exec(sql)?.[0]
    const close = tag === undefined ? -1 : sql.indexOf(tag, at + tag.length)
    if (tag !== undefined && close !== -1) return { kind: 'string', end: close + tag.length }
  }
  if (char === '$' || WORD.test(char)) {
    WORD_REST.lastIndex = at + 1
    return { kind: 'word', end: at + 1 + (WORD_REST.exec(sql)?.[0].length ?? 0) }
  }
  return { kind: 'symbol', end: at + 1 }
}

function readQuoted(sql: string, start: number, kind: 'string' | 'quoted') {
  const quote = sql.charAt(start)
  for (let at = start + 1; at < sql.length; at++) {
    const char = sql.charAt(at)
    if (char === '\\') at++
    else if (char === quote) {
      if (sql.charAt(at + 1) !== quote) return { kind, end: at + 1 }
      at++
    }
  }
  return { kind: 'unclosed' as const, end: sql.length }
}
