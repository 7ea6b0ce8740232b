import { isAbsolute, join, normalize } from 'node:path'
import { type BulkBucket, PLAIN_KEY, urlSuffixOf } from '@polo/core'
import { LoadError } from './load-error.ts'
import { quoteString } from './quote.ts'

/** What is known of a file before it is read. */
export interface FileFacts {
  readonly bytes: number
  /** Unix time in seconds. */
  readonly modifiedAt: number
}

/** Files of one place, read by the database. */
export interface BulkFiles {
  /**
   * The table function over these keys, as SQL, everything quoted; `_path` and `_size` are columns of it besides the file's own.
   * @throws LoadError for a key that is not plain, for it could name more than itself, or that is not in the place
   */
  table(keys: readonly string[], format: string, structure?: string): string
  /** Of each key that is there. To be asked first: `file()` leaves out what is missing without a word. */
  stat(keys: readonly string[]): Promise<ReadonlyMap<string, FileFacts>>
  /** Every key below a folder of the place, whose name ends with '/'; './' is the place itself. */
  list(folder: string): Promise<string[]>
  /** A small object whole. */
  read(key: string): Promise<string>
  /** The key that a `_path` means. */
  keyOf(path: string): string
}

type Select = <Row>(query: string) => Promise<Row[]>

/** How a place is written in SQL. */
interface Place {
  /** The table function over what a pattern of keys means. */
  readonly tableOf: (pattern: string, format: string, structure?: string) => string
  readonly root: string
  /** What every key that may be read begins with. */
  readonly prefix: string
}

/** The files that a bucket has below the prefix that the configuration names, whatever a manifest there says. */
export function bucketFiles(source: BulkBucket, select: Select): BulkFiles {
  const { bucket, prefix, region, endpoint, roleArn, namedCollection } = source
  const base = endpoint
    ? `${endpoint.replace(/\/$/, '')}/${bucket}/`
    : `https://${bucket}.s3.${region}.${urlSuffixOf(region)}/`
  const tableOf = (pattern: string, format: string, structure?: string) => {
    const url = quoteString(`${base}${pattern}`)
    if (namedCollection !== undefined) {
      const typed = structure === undefined ? '' : `, structure = ${quoteString(structure)}`
      return `s3(${namedCollection}, url = ${url}, format = ${quoteString(format)}${typed})`
    }
    const positional = [
      url,
      quoteString(format),
      ...(structure === undefined ? [] : [quoteString(structure)]),
    ]
    if (roleArn !== undefined) positional.push(`extra_credentials(role_arn = ${quoteString(roleArn)})`)
    return `s3(${positional.join(', ')})`
  }
  return filesOf({ tableOf, root: `${bucket}/`, prefix }, select)
}

/** The files of a directory of the machine that the database runs on. */
export function directoryFiles(directory: string, select: Select): BulkFiles {
  if (!isAbsolute(directory) || normalize(directory) !== directory || !PLAIN_KEY.test(directory)) {
    throw new LoadError(
      `${directory} cannot be loaded from: its path must be absolute, without spaces and *?{},'`,
      {
        isFinal: true,
      },
    )
  }
  const root = join(directory, '/')
  const tableOf = (pattern: string, format: string, structure?: string) => {
    const typed = structure === undefined ? [] : [structure]
    return `file(${[`${root}${pattern}`, format, ...typed].map(quoteString).join(', ')})`
  }
  return filesOf({ tableOf, root, prefix: '' }, select)
}

function filesOf({ tableOf, root, prefix }: Place, select: Select): BulkFiles {
  const table: BulkFiles['table'] = (keys, ...rest) => tableOf(oneOf(keys, prefix), ...rest)
  const keyOf = (path: string) => path.slice(path.indexOf(root) + root.length)
  return {
    table,
    keyOf,
    async stat(keys) {
      if (keys.length === 0) return new Map()
      // Twice, where it is one: a list leaves out what is missing, a lone key is an error then.
      const [only = ''] = keys
      const listed = keys.length === 1 ? [only, only] : keys
      const rows = await select<{ path: string } & FileFacts>(
        `SELECT _path AS path, toUInt64(ifNull(_size, 0)) AS bytes, toUnixTimestamp(ifNull(_time, toDateTime(0))) AS modifiedAt
         FROM ${table(listed, 'One', 'dummy UInt8')}
         SETTINGS s3_ignore_file_doesnt_exist = 1`,
      )
      return new Map(rows.map(({ path, bytes, modifiedAt }) => [keyOf(path), { bytes, modifiedAt }]))
    },
    async list(folder) {
      const pattern = `${folder === './' ? prefix : checked(folder, prefix)}**`
      const rows = await select<{ path: string }>(
        `SELECT DISTINCT _path AS path FROM ${tableOf(pattern, 'One', 'dummy UInt8')} ORDER BY path`,
      )
      return rows.map(({ path }) => keyOf(path))
    },
    async read(key) {
      const query = `SELECT raw_blob AS content FROM ${table([key], 'RawBLOB', 'raw_blob String')}`
      const [row] = await select<{ content: string }>(query)
      if (!row) throw new LoadError(`${key} is not there`)
      return row.content
    },
  }
}

/** `{a,b}`, which both table functions take for a list. */
function oneOf(keys: readonly string[], prefix: string): string {
  const [only = ''] = keys.map((key) => checked(key, prefix))
  return keys.length === 1 ? only : `{${keys.join(',')}}`
}

/** The key itself, which means nothing but itself, and is in the place. */
function checked(key: string, prefix: string): string {
  const shown = key.slice(0, 200)
  if (!PLAIN_KEY.test(key) || key.split('/').includes('..')) {
    throw new LoadError(`the key ${shown} holds characters that ClickHouse would take for a pattern`, {
      isFinal: true,
    })
  }
  if (key.startsWith(prefix)) return key
  throw new LoadError(
    `${shown} is not read: it is not below ${prefix}, which is the prefix in polo.config.ts. Correct the manifest, or the prefix`,
    { isFinal: true },
  )
}
