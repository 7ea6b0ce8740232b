import type { DeadReason } from '@polo/ingester'

/** Why a letter is dead: the ingester's word, `received_too_often` where SQS moved it, or `unknown`. */
export type LetterReason = DeadReason | 'kills_the_ingester' | 'received_too_often' | 'unknown'

interface ReasonFacts {
  readonly meaning: string
  /** Why sending it back needs `--force`; where it is not there, the letter itself tells. */
  readonly caution?: string
}

const DAMAGED = 'the data is not what its envelope says'

export const REASONS: Readonly<Record<LetterReason, ReasonFacts>> = {
  rejected_rows: { meaning: 'ClickHouse refuses each of these rows' },
  undecided_rows: { meaning: 'ClickHouse refuses these rows together; not each was tried alone' },
  received_too_often: { meaning: 'SQS moved it: it was received too often and never settled' },
  kills_the_ingester: {
    meaning: 'the ingester ended whenever it took this message',
    caution: 'the ingester ended whenever it took this message; a release that can take it must run first',
  },
  sender_not_allowed: {
    meaning: 'a control record from a sender that may not send it',
    caution: 'its sender may not send control records; sent back, you become its sender',
  },
  invalid_envelope: {
    meaning: 'the body is not an envelope that the ingester takes',
    caution: 'the body was refused as no envelope',
  },
  hash_mismatch: { meaning: `${DAMAGED}: the SHA-256 differs` },
  row_count_mismatch: { meaning: `${DAMAGED}: the number of rows differs` },
  undecodable: { meaning: `${DAMAGED}: it does not decompress` },
  too_large: { meaning: 'the data decompresses to more than a block may hold' },
  column_mismatch: { meaning: `${DAMAGED}: the columns differ` },
  malformed_rows: { meaning: 'a row is not one JSON object on a line of its own' },
  unknown: { meaning: 'nobody said why; it was put there by hand, or had no room for attributes' },
}

const facts = new Map<string, ReasonFacts>(Object.entries(REASONS))

/** Undefined for a reason that only another release knows. */
export function findReason(reason: string): ReasonFacts | undefined {
  return facts.get(reason)
}
