import { UsageError } from '../errors.ts'

const ACCOUNT_ID = /^\d{12}$/

/** @throws UsageError for one that is not the id of an AWS account */
export function readAccountIds(texts: readonly string[]): string[] {
  return [...new Set(texts)].map((text) => {
    if (ACCOUNT_ID.test(text)) return text
    throw new UsageError(`'${text}' is not an AWS account id: expected 12 digits, such as 111122223333`)
  })
}

/** @throws UsageError which names those of `ids` that are not known */
export function requireKnown(
  ids: readonly string[],
  known: readonly { readonly aws_account_id: string }[],
): void {
  const unknown = ids.filter((id) => !known.some(({ aws_account_id }) => aws_account_id === id))
  if (unknown.length === 0) return
  throw new UsageError(
    `not known: ${unknown.join(', ')}. See polo accounts ls for those that are, or add one with polo accounts add ${unknown[0]}`,
  )
}
