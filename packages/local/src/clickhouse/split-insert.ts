import { failures } from './click-house-failure.ts'
import { lexSql, type SqlToken, skipBlanks } from './lex-sql.ts'

/** An INSERT whose rows are data, not SQL. Positions are bytes into the text that was split. */
export interface InsertWithData {
  kind: 'insert'
  /** Where `FROM INFILE …` belongs: after the columns, before SETTINGS. */
  infileAt: number
  /** Where the statement's `FORMAT x` or `VALUES` begins, which an own FORMAT replaces. */
  formatAt: number
  format: string
  /** First byte of the data. */
  dataAt: number
}

/** Any other statement; it has no data. */
export interface PlainStatement {
  kind: 'statement'
  /** First word, upper case; '' for a statement that starts with a bracket. */
  verb: string
  /** Where it ends, without semicolon and what follows it. */
  end: number
  /** Where `INTO OUTFILE` belongs: before any FORMAT, and before SETTINGS of the whole. */
  outfileAt: number
  /** From the statement's own FORMAT clause. */
  format: string | undefined
  /** Writes by its verb or by an INSERT behind WITH. */
  inserts: boolean
  /** Leaves something behind in its session: SET, USE, temporary tables. */
  changesSession: boolean
}

/**
 * Finds out what a request's text is: an INSERT that data follows, or one statement.
 * `sql` holds one byte per character (latin1); behind an INSERT's head the data is not looked at.
 * @throws ClickHouseFailure for several statements, INFILE, OUTFILE and what cannot be told apart safely
 */
export function splitInsert(sql: string): InsertWithData | PlainStatement {
  const tokens = lexSql(sql)
  const first = tokens.next()
  if (first.done) throw failures.syntax('Empty query')
  if (isWord(first.value, 'INSERT')) {
    const insert = readInsert(sql, tokens)
    if (insert !== undefined) return insert
  }
  return readStatement(sql)
}

function readInsert(sql: string, tokens: Generator<SqlToken>): InsertWithData | undefined {
  let settingsAt: number | undefined
  let previous = skipTarget(tokens)
  for (const token of tokens) {
    const partOfName = previous?.text === '.'
    previous = token
    if (token.depth > 0 || partOfName) continue
    if (token.text === ';') return undefined
    if (isWord(token, 'INFILE')) throw failures.infile()
    if (isWord(token, 'SELECT', 'WITH', 'WATCH')) return undefined
    if (isWord(token, 'SETTINGS')) settingsAt ??= token.start
    if (isWord(token, 'VALUES')) return insertAt(token, settingsAt, 'Values', skipBlanks(sql, token.end))
    if (isWord(token, 'FORMAT')) {
      const name = tokens.next()
      if (name.done || name.value.kind !== 'word')
        throw failures.syntax('Expected a format name after FORMAT')
      return insertAt(token, settingsAt, name.value.text, startOfData(sql, name.value.end))
    }
  }
  return undefined
}

/** Goes past `[INTO] [TABLE] [db.]name` or `FUNCTION name(`, so that a table may be called `format`. */
function skipTarget(tokens: Generator<SqlToken>): SqlToken | undefined {
  let token = next(tokens)
  if (isWord(token, 'INTO')) token = next(tokens)
  if (isWord(token, 'TABLE', 'FUNCTION')) token = next(tokens)
  // What a lone dot joins is one name; `token` is its first part, or opens a `{name:Identifier}`.
  if (token?.text === '{') while (token !== undefined && token.text !== '}') token = next(tokens)
  return token
}

function next(tokens: Generator<SqlToken>): SqlToken | undefined {
  const { value, done } = tokens.next()
  return done ? undefined : value
}

function insertAt(keyword: SqlToken, settingsAt: number | undefined, format: string, dataAt: number) {
  const formatAt = keyword.start
  return { kind: 'insert' as const, infileAt: settingsAt ?? formatAt, formatAt, format, dataAt }
}

// As ClickHouse does: blanks, then at most one line break, are not data. A semicolon there is forgiven.
function startOfData(sql: string, formatEnd: number): number {
  return (
    formatEnd +
    (/^(?:[ \t\f]*;)?[ \t\f]*\r?\n?/.exec(sql.slice(formatEnd, formatEnd + 4096))?.[0].length ?? 0)
  )
}

const CHANGES_SESSION = new Set(['SET', 'USE', 'BEGIN', 'COMMIT', 'ROLLBACK'])

function readStatement(sql: string): PlainStatement {
  const tokens = [...lexSql(sql)]
  const semicolon = tokens.findIndex((token) => token.text === ';' && token.kind === 'symbol')
  const own = semicolon === -1 ? tokens : tokens.slice(0, semicolon)
  if (semicolon !== -1 && tokens.slice(semicolon).some((token) => token.text !== ';')) {
    throw failures.syntax('Multi-statements are not allowed')
  }
  const [head, last] = [own.at(0), own.at(-1)]
  if (head === undefined || last === undefined) throw failures.syntax('Empty query')
  refuseFiles(own)
  const formatIndex = own.findLastIndex((token, i) => isWord(token, 'FORMAT') && endsStatement(own, i))
  // Behind brackets SETTINGS are the whole statement's, and stand last.
  const settings = head.text === '(' ? own.find((token) => isTopWord(token, 'SETTINGS')) : undefined
  const verb = head.kind === 'word' ? head.text.toUpperCase() : ''
  return {
    kind: 'statement',
    verb,
    end: last.end,
    outfileAt: Math.min(...[settings?.start, own[formatIndex]?.start].map((at) => at ?? last.end)),
    format: formatIndex === -1 ? undefined : own[formatIndex + 1]?.text.replaceAll(/["`]/g, ''),
    inserts: verb === 'INSERT' || own.some((token, i) => isInsertInto(own, token, i)),
    changesSession: CHANGES_SESSION.has(verb) || own.slice(1, 5).some((token) => isWord(token, 'TEMPORARY')),
  }
}

function refuseFiles(tokens: readonly SqlToken[]): void {
  let inserts = false
  for (const [i, token] of tokens.entries()) {
    const following = tokens[i + 1]
    const named = tokens[i + 2]?.kind === 'string'
    if (isWord(token, 'INTO') && isWord(following, 'OUTFILE') && named) throw failures.outfile()
    if (isWord(token, 'FROM') && isWord(following, 'INFILE') && named) throw failures.infile()
    if (isInsertInto(tokens, token, i)) inserts = true
    // Data written into the text of EXPLAIN INSERT, WITH … INSERT or INSERT … SELECT … FORMAT: the engine
    // would take it as SQL from the first blank line on.
    if (inserts && token.depth === 0 && (isWord(token, 'VALUES') || isDataFormat(tokens, i))) {
      throw failures.notImplemented(
        'Inline data is supported only right after INSERT INTO … VALUES or FORMAT',
      )
    }
  }
}

function isDataFormat(tokens: readonly SqlToken[], index: number): boolean {
  const name = tokens[index + 1]?.kind
  return isWord(tokens[index], 'FORMAT') && (name === 'word' || name === 'quoted')
}

function isInsertInto(tokens: readonly SqlToken[], token: SqlToken, index: number): boolean {
  if (token.depth > 0 || !isWord(token, 'INSERT')) return false
  if (index === 0 || isWord(tokens[index + 1], 'INTO', 'TABLE', 'FUNCTION')) return true
  const [target, after] = tokens.slice(index + 1, index + 3)
  const mayBeTarget = !isWord(tokens[index - 1], 'AS') && !isWord(target, 'FROM')
  return mayBeTarget && isWord(tokens[0], 'WITH', 'EXPLAIN') && isWord(after, 'VALUES', 'FORMAT', 'SETTINGS')
}

/** `FORMAT name` is the clause only where nothing but SETTINGS follows. */
function endsStatement(tokens: readonly SqlToken[], index: number): boolean {
  const [format, name, after] = tokens.slice(index, index + 3)
  if (format?.depth !== 0 || (name?.kind !== 'word' && name?.kind !== 'quoted')) return false
  return after === undefined || isWord(after, 'SETTINGS')
}

function isTopWord(token: SqlToken, word: string): boolean {
  return token.depth === 0 && isWord(token, word)
}

function isWord(token: SqlToken | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase())
}
