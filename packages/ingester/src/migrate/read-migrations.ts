import { readdir, readFile } from 'node:fs/promises'
import { blockIdOf } from '@polo/core'
import { MigrationError } from './migration-error.ts'

/** One numbered file of the schema. */
export interface Migration {
  readonly version: string
  /** SHA-256 of the text; line ends do not count. */
  readonly checksum: string
  readonly statements: readonly string[]
}

const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/

/**
 * The migrations of a directory, in order.
 * @throws MigrationError unless the files are numbered 0001, 0002, … without a gap
 */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  if (files.length === 0) throw new MigrationError(`there are no migrations in ${directory}`)
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)))
  for (const [index, { version }] of migrations.entries()) {
    const expected = String(index + 1).padStart(4, '0')
    if (version === migrations[index - 1]?.version) {
      throw new MigrationError(`two migrations have the number ${version}`)
    }
    if (version !== expected) throw new MigrationError(`there is no migration ${expected} before ${version}`)
  }
  return migrations
}

async function readMigration(directory: string, file: string): Promise<Migration> {
  const version = FILE.exec(file)?.[1]
  if (!version) throw new MigrationError(`${file} is not named NNNN_lower_case.sql`)
  const text = (await readFile(`${directory}/${file}`, 'utf8')).replaceAll('\r\n', '\n')
  return { version, checksum: blockIdOf(Buffer.from(text)), statements: splitStatements(text) }
}

function splitStatements(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter(Boolean)
}
