import { existsSync } from 'node:fs'
import { connectClickHouse, type MigrationResult, type MigrationTarget, migrate } from '@polo/ingester'
import { schemaDirectory } from '@polo/local'
import { type Command, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { checkClickHouse } from '../session/check-clickhouse.ts'
import { createContext } from '../session/context.ts'
import { openSession } from '../session/session.ts'
import type { GlobalOptions } from '../session/settings.ts'

interface MigrateFlags extends GlobalOptions {
  readonly target: 'embedded' | 'cloud' | 'cluster'
  readonly cluster?: string
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring the database up to date: its schema, and retention and hierarchy as polo.config.ts says',
    )
    .addOption(
      new Option('--target <kind>', 'what runs the database')
        .choices(['embedded', 'cloud', 'cluster'])
        .default('embedded'),
    )
    .option('--cluster <name>', "the cluster's name, for --target cluster")
    .addHelpText('after', EXAMPLES)
    .action(runMigrate)
}

async function runMigrate(flags: MigrateFlags): Promise<void> {
  const context = await createContext(flags)
  const { settings, config, output } = context
  const isConfigured = existsSync(settings.configFile)
  const target = readTarget(flags)
  if (target.kind !== 'embedded' && !settings.clickhouseUrl) {
    throw new UsageError(`--target ${target.kind} needs POLO_CLICKHOUSE_URL`)
  }
  if (settings.clickhouseUrl) await checkClickHouse({ clickhouseUrl: settings.clickhouseUrl })
  const session = settings.clickhouseUrl
    ? undefined
    : await openSession({ ...context, onProgress: output.progress })
  const url = settings.clickhouseUrl ?? session?.clickhouseUrl ?? ''
  try {
    const result = await migrate({
      connect: (database) => connectClickHouse({ url, database }),
      database: settings.database,
      target,
      directory: schemaDirectory,
      config,
      // Without a file the defaults would shorten what somebody configured on purpose.
      reconfigure: isConfigured,
    })
    if (output.isJson) output.json(result)
    else output.data([`The schema is at ${result.version}.`, ...describeRetention(result)].join('\n'))
    if (!isConfigured) {
      output.note(`There is no ${settings.configFile}: retention and hierarchy stay as they are.`)
    }
  } finally {
    await session?.close()
  }
}

/** `retentionDays.config is 30, and was 800: what is older is deleted.` */
function describeRetention({ retention }: MigrationResult): string[] {
  return Object.entries(retention).map(([name, { days, previous_days }]) => {
    const deleted = days < previous_days ? ': what is older is deleted' : ''
    return `retentionDays.${name} is ${days}, and was ${previous_days}${deleted}.`
  })
}

function readTarget({ target, cluster }: MigrateFlags): MigrationTarget {
  if (target !== 'cluster') return { kind: target }
  if (!cluster) throw new UsageError('--target cluster needs --cluster NAME')
  return { kind: 'cluster', cluster }
}

const EXAMPLES = `
Examples:
  polo migrate                                                   the embedded database
  POLO_CLICKHOUSE_URL=https://… polo migrate --target cloud      ClickHouse Cloud
  POLO_CLICKHOUSE_URL=http://… polo migrate --target cluster --cluster main
`
