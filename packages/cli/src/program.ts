import { Command, Option } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { addAccounts } from './commands/accounts.ts'
import { addCollect } from './commands/collect.ts'
import { addCollectors } from './commands/collectors.ts'
import { addDlq } from './commands/dlq.ts'
import { addDoctor } from './commands/doctor.ts'
import { addJobs } from './commands/jobs.ts'
import { addLoads } from './commands/loads.ts'
import { addMigrate } from './commands/migrate.ts'
import { addQuery } from './commands/query.ts'
import { addStatus } from './commands/status.ts'
import { addUp } from './commands/up.ts'

const COMMANDS = [
  addUp,
  addCollect,
  addStatus,
  addAccounts,
  addQuery,
  addCollectors,
  addMigrate,
  addDlq,
  addJobs,
  addLoads,
  addDoctor,
]

/** The whole command line. Errors are thrown, never printed here, so that the exit code is decided in one place. */
export function createProgram(): Command {
  const program = new Command('polo')
    .version(manifest.version)
    .description('Cloud inventory and cost in one place, provably complete.')
    .showHelpAfterError('(see polo --help)')
    .exitOverride()
    .addHelpText('after', EXAMPLES)
  for (const add of COMMANDS) add(program)
  for (const command of program.commands) addGlobalOptions(command)
  return program
}

function addGlobalOptions(command: Command, parents = 'polo'): void {
  const path = `${parents} ${command.name()}`
  command.exitOverride().showHelpAfterError(`(see ${path} --help)`)
  if (command.commands.length > 0) {
    for (const subcommand of command.commands) addGlobalOptions(subcommand, path)
    return
  }
  command
    .addOption(new Option('--data-dir <dir>', 'where local data lives (also POLO_DATA_DIR; default: .polo)'))
    .addOption(new Option('--config <file>', 'configuration file (default: polo.config.ts, if there is one)'))
    .addOption(new Option('--json', 'one JSON value on stdout; everything else goes to stderr'))
}

const EXAMPLES = `
Examples:
  polo up                                     the whole pipeline on this machine, fed with the sample estate
  polo collect --profile prod                 inventory the live account of an AWS profile
  polo collect --recording DIR --json         replay recorded AWS answers
  polo query "SELECT aws_account_id, sum(unblended_cost) AS cost FROM costs GROUP BY 1"
  polo status                                 is every run complete and accounted for?

Environment:
  POLO_DATA_DIR        where local data lives
  POLO_CLICKHOUSE_URL  a ClickHouse of your own instead of the embedded one (http://user:password@host:8123)
  POLO_DATABASE        its database (default: polo)
  POLO_QUEUE_URL       a deployed events queue instead of the local one
  POLO_BACKFILL_QUEUE_URL
                       its backfill queue, for polo collect --backfill and polo status
  POLO_DEAD_LETTER_QUEUE_URL
                       its dead-letter queue, for polo dlq and polo status
  POLO_JOBS_DEAD_LETTER_QUEUE_URL
                       the dead-letter queue of its jobs, for polo jobs and polo status
  POLO_INGESTER_FUNCTION
                       its ingester's Lambda function, whose breaker polo status shows

Exit codes: 0 done as asked; 1 an error; 2 done, but not every run is complete and accounted for;
130 ended early by Ctrl-C.
`
