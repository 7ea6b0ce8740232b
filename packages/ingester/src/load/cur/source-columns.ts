import { quoteName } from '../quote.ts'

/** A column of the files that are loaded, as DESCRIBE tells it. */
export interface DescribedColumn {
  readonly name: string
  readonly type: string
}

/** SQL over columns of a source that may or may not have them. Every name that is asked for counts as used. */
export interface SourceColumns {
  has(name: string): boolean
  /** Whether every file that is loaded together has it, also those of other columns. */
  hasEverywhere(name: string): boolean
  /** The first of these columns that is not empty, as a string; '' where the source has none of them. */
  text(...names: readonly string[]): string
  /** As a Nullable(Decimal(38, 18)): NULL where it is empty or the source has no such column. */
  money(name: string): string
  /** The first of these columns that is not empty, as a Float64, or else 0. */
  number(...names: readonly string[]): string
  /** As a DateTime, 1970 where it is empty. */
  time(...names: readonly string[]): string
  /** One value of a map column; '' where there is none. */
  mapValue(name: string, ...keys: readonly string[]): string
  /** A Map(String, String) of a column of maps or of JSON objects; empty where the source has none. */
  map(name: string): string
  /** Names that nothing has asked for yet. */
  unused(): readonly DescribedColumn[]
  /** Takes these names for used. */
  use(names: Iterable<string>): void
  /** As the files write the first of these that they have. */
  nameOf(...names: readonly string[]): string
  /** What must not hold of any row, of all columns that were asked for so far as money or number. */
  checks(): readonly ColumnCheck[]
}

/** Why a row cannot be loaded. */
export interface ColumnCheck {
  /** As the files write it. */
  readonly column: string
  /** SQL that is true for such a row. */
  readonly fails: string
  /** `is no number` */
  readonly says: string
}

export const EMPTY_MAP = "CAST(map(), 'Map(String, String)')"
/** What writers of CSV make of a missing value. */
const MISSING = "('', 'NULL')"

export interface SourceOptions {
  /** What a column is asked for by; of several that share a name the first counts, the others are unused. */
  readonly nameOf: (column: string) => string
  /** Columns of the other files that are loaded together with these. */
  readonly beside?: readonly (readonly DescribedColumn[])[]
}

export function readSourceColumns(
  columns: readonly DescribedColumn[],
  { nameOf, beside = [] }: SourceOptions,
): SourceColumns {
  const known = new Map<string, DescribedColumn>()
  for (const column of columns) if (!known.has(nameOf(column.name))) known.set(nameOf(column.name), column)
  const used = new Set<DescribedColumn>()
  const find = (name: string) => {
    const column = known.get(name)
    if (column) used.add(column)
    return column
  }
  const others = beside.map((file) => new Set(file.map(({ name }) => nameOf(name))))
  const checks = new Map<string, ColumnCheck>()
  const findAll = (names: readonly string[]) => names.flatMap((name) => find(name) ?? [])
  const source: SourceColumns = {
    has: (name) => known.has(name),
    hasEverywhere: (name) => known.has(name) && others.every((file) => file.has(name)),
    text: (...names) => firstOf(findAll(names).map(textOf)),
    money(name) {
      const column = find(name)
      if (column) checks.set(column.name, moneyCheck(column))
      return column ? moneyOf(column) : "CAST(NULL, 'Nullable(Decimal(38, 18))')"
    },
    number(...names) {
      const columns = findAll(names)
      for (const column of columns) checks.set(column.name, numberCheck(column))
      return `coalesce(${[...columns.map(numberOf), 'toFloat64(0)'].join(', ')})`
    },
    time(...names) {
      const [column] = findAll(names)
      return column ? timeOf(column) : "toDateTime(0, 'UTC')"
    },
    mapValue(name, ...keys) {
      const column = known.get(name)
      if (!column) return "''"
      const readKey = (key: string) =>
        isMap(column)
          ? `ifNull(toString(${quoteName(column.name)}['${key}']), '')`
          : `JSONExtractString(${textOf(column)}, '${key}')`
      return firstOf(keys.map(readKey))
    },
    map(name) {
      const column = find(name)
      return column ? mapOf(column) : EMPTY_MAP
    },
    unused: () => columns.filter((column) => !used.has(column)),
    use(names) {
      for (const name of names) find(name)
    },
    nameOf: (...names) => names.flatMap((name) => known.get(name)?.name ?? []).join(' or '),
    checks: () => [...checks.values()],
  }
  return source
}

/** Whether it holds a map itself, and not JSON. */
export function isMap({ type }: DescribedColumn): boolean {
  return type.startsWith('Map(')
}

/** Any column as a string, '' where it is missing. */
export function textOf({ name, type }: DescribedColumn): string {
  const quoted = quoteName(name)
  if (type === 'String') return `if(${quoted} = 'NULL', '', ${quoted})`
  if (/^(Nullable|LowCardinality)\(/.test(type)) return `ifNull(toString(${quoted}), '')`
  if (/^(Array|Tuple|Map|JSON)/.test(type)) return `toJSONString(${quoted})`
  return `toString(${quoted})`
}

/** A column of maps, or of JSON objects as text. */
export function mapOf(column: DescribedColumn): string {
  const quoted = quoteName(column.name)
  if (isMap(column)) return `mapApply((k, v) -> (toString(k), ifNull(toString(v), '')), ${quoted})`
  return `JSONExtract(${textOf(column)}, 'Map(String, String)')`
}

/** A map without the entries that have no value. */
export function nonEmpty(map: string): string {
  return `mapFilter((k, v) -> v != '', ${map})`
}

function moneyOf({ name, type }: DescribedColumn): string {
  const quoted = quoteName(name)
  // What is no number must fail: the OrNull functions would make it nothing, and the sum would be short.
  if (isText(type)) {
    return `if(ifNull(${quoted}, '') IN ${MISSING}, NULL, toDecimal128(if(ifNull(${quoted}, '') IN ${MISSING}, '0', assumeNotNull(${quoted})), 18))`
  }
  return `toDecimal128(${quoted}, 18)`
}

function numberOf({ name, type }: DescribedColumn): string {
  const quoted = quoteName(name)
  if (isText(type))
    return `if(ifNull(${quoted}, '') IN ${MISSING}, NULL, toFloat64(if(ifNull(${quoted}, '') IN ${MISSING}, '0', assumeNotNull(${quoted}))))`
  return `toFloat64(${quoted})`
}

function moneyCheck(column: DescribedColumn): ColumnCheck {
  const isOdd = `isNull(toDecimal128OrNull(${present(column)}, 18))`
  const says = 'is no number, or one of more digits than are kept (20 before the point)'
  return { column: column.name, fails: `(${present(column)} != '' AND ${isOdd})`, says }
}

function numberCheck(column: DescribedColumn): ColumnCheck {
  const isOdd = `NOT isFinite(ifNull(toFloat64OrNull(${present(column)}), nan))`
  return {
    column: column.name,
    fails: `(${present(column)} != '' AND ${isOdd})`,
    says: 'is no finite number',
  }
}

/** As a string, '' where it is missing. */
function present({ name }: DescribedColumn): string {
  const text = `ifNull(toString(${quoteName(name)}), '')`
  return `if(${text} IN ${MISSING}, '', ${text})`
}

function timeOf({ name, type }: DescribedColumn): string {
  const quoted = quoteName(name)
  // What a spreadsheet makes of times, 9/1/2024, means another day elsewhere: it is none.
  if (isText(type)) {
    const text = `ifNull(${quoted}, '')`
    const parsed = `parseDateTimeBestEffortOrNull(if(position(${text}, '/') > 0, '', ${text}), 'UTC')`
    return `ifNull(${parsed}, toDateTime(0, 'UTC'))`
  }
  return `toDateTime(ifNull(${quoted}, toDateTime(0)), 'UTC')`
}

function isText(type: string): boolean {
  return /String/.test(type)
}

function firstOf(expressions: readonly string[]): string {
  if (expressions.length === 0) return "''"
  const [only = "''"] = expressions
  if (expressions.length === 1) return only
  return expressions.reduceRight((rest, first) => `if(${first} != '', ${first}, ${rest})`)
}
