import { quoteString } from '../quote.ts'
import { recordFaults } from './record-faults.ts'
import type { RecordSource } from './record-source.ts'
import { recordsSql } from './records-sql.ts'

/** Of one object; the others are counted. */
const LINES_KEPT = 1_000
const MOST_CHARACTERS = 1_000

/**
 * Keeps the malformed lines of the one object that `source` reads, with their numbers: lines are numbered as they are
 * read, so with the settings that go with it.
 */
export function malformedSql(source: RecordSource): string {
  const reasons = recordFaults(source).map(([reason]) => quoteString(reason))
  return `
    INSERT INTO flow_log_malformed_lines (object, line_number, line, reason, loaded_at)
    SELECT {object: String}, line_number, substringUTF8(toValidUTF8(line), 1, ${MOST_CHARACTERS}), [${reasons.join(', ')}][fault],
      {loaded_at: DateTime64(3, 'UTC')}
    FROM (${recordsSql(source, 'numbered')})
    WHERE fault > 0
    LIMIT ${LINES_KEPT}`
}

/** One thread, which reads in the object's order. */
export const IN_ORDER = { max_threads: 1, max_parsing_threads: 1, input_format_parallel_parsing: 0 } as const
