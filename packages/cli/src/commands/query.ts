import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { escapeUnprintable } from '../output/printable.ts'
import { type Answer, askClickHouse, readLines } from '../query/ask-clickhouse.ts'
import { printTable, TABLE_FORMAT } from '../query/query-table.ts'
import type { GlobalOptions } from '../session/settings.ts'
import { withExistingSession } from '../session/with-session.ts'

const JSON_FORMAT = 'JSONEachRow'
const READABLE = { output_format_json_escape_forward_slashes: '0' }
/** As text, so that no number is rounded on its way into the table. */
const EXACT = {
  output_format_json_quote_64bit_integers: '1',
  output_format_json_quote_decimals: '1',
  output_format_json_quote_denormals: '1',
}

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('ask the database; it only reads')
    .argument('<sql>', 'a ClickHouse query; one that names a FORMAT is answered in that format')
    .addHelpText('after', EXAMPLES)
    .action((sql: string, options: GlobalOptions) =>
      withExistingSession(options, async (session, { output, signal }) => {
        const format = output.isJson ? JSON_FORMAT : TABLE_FORMAT
        const settings = output.isJson
          ? { ...READABLE, output_format_json_quote_64bit_integers: '0' }
          : { ...READABLE, ...EXACT }
        const answer = await askClickHouse(session, sql, { format, settings, signal })
        if (output.isJson) await writeJson(answer)
        else if (answer.format === TABLE_FORMAT) await printTable(answer, output)
        else for await (const chunk of answer.chunks) process.stdout.write(chunk)
      }),
    )
}

/** Rows go through without being parsed, which would round integers over 2^53. */
async function writeJson(answer: Answer): Promise<void> {
  if (answer.format !== JSON_FORMAT && answer.format !== '') {
    throw new UsageError(
      `--json decides the format: leave out FORMAT ${answer.format} of the query, or leave out --json`,
    )
  }
  let separator = '['
  for await (const row of readLines(answer)) {
    process.stdout.write(`${separator}${escapeUnprintable(row)}`)
    separator = ',\n'
  }
  process.stdout.write(separator === '[' ? '[]\n' : ']\n')
}

const EXAMPLES = `
Exit code 0 when the query was answered, 1 for errors, 130 after Ctrl-C.

Examples:
  polo query "SELECT resource_type, uniqExact(resource_id) AS seen FROM resource_events WHERE event_type = 'config' GROUP BY 1"
  polo query "SELECT resource_id, properties['instance_type'] FROM resource_events FINAL WHERE resource_type = 'ec2:instance' AND event_type = 'config' ORDER BY event_time DESC LIMIT 1 BY resource_id"
  polo query "SELECT * FROM collector_jobs WHERE outcome != 'complete'" --json
  polo query "SELECT * FROM resource_events FINAL FORMAT CSVWithNames" > events.csv
`
