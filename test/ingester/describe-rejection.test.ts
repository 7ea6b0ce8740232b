import { expect, it } from 'vitest'
import { describeRejection, shorten } from '../../packages/ingester/src/ingest/describe-rejection.ts'

const WHERE = ': (at row 3)\n: While executing ParallelParsingBlockInputFormat: While executing File'

it.each([
  [
    "Cannot parse input: expected '\"' before: 'hunter2\"}': (while reading the value of key event_time)",
    { column: 'event_time', message: "Cannot parse input: expected '…'" },
  ],
  [
    'Cannot parse uuid hunter2"}: (while reading the value of key event_id)',
    { column: 'event_id', message: 'Cannot parse uuid' },
  ],
  [
    'Unknown field found while parsing JSONEachRow format: colour',
    { column: 'colour', message: 'Unknown field found while parsing JSONEachRow format: colour' },
  ],
  [
    "Constraint `account_is_set` for table polo.resource_events (4f2) is violated at row 1. Expression: (aws_account_id != ''). Column values: aws_account_id = 'hunter2'",
    {
      column: '',
      message:
        "Constraint `account_is_set` for table polo.resource_events (4f2) is violated at row 1. Expression: (aws_account_id != '…')",
    },
  ],
])('tells the column and the fault, and nothing of the row: %s', (text, expected) => {
  for (const message of [text + WHERE, `Code: 27. DB::Exception: Code: 27. DB::Exception: ${text}${WHERE}`]) {
    const described = describeRejection({ code: 27, message })
    expect(described).toEqual({ code: 27, ...expected })
    expect(JSON.stringify(described)).not.toContain('hunter2')
  }
})

it('is bounded and well-formed', () => {
  expect(describeRejection({ code: 1, message: 'x'.repeat(5_000) }).message).toHaveLength(300)
  expect(shorten('ab😀cd', 4).isWellFormed()).toBe(true)
})
