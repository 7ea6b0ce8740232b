/**
 * Which messages of a batch a function's response reports as failed, by Lambda's rules for
 * ReportBatchItemFailures: no list, or an empty one, is success; a response that can't be read fails the batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchResponse(
  response: unknown,
  messageIds: ReadonlySet<string>,
): { failed: Set<string> } | { invalid: string } {
  if (response === null || response === undefined) return { failed: new Set() }
  if (typeof response !== 'object' || Array.isArray(response)) {
    return { invalid: `the response is not an object: ${shorten(response)}` }
  }
  const items = 'batchItemFailures' in response ? response.batchItemFailures : null
  if (items === null) return { failed: new Set() }
  if (!Array.isArray(items)) return { invalid: `batchItemFailures is not a list: ${shorten(items)}` }
  const failed = new Set<string>()
  for (const item of items) {
    const id: unknown = item?.itemIdentifier
    if (typeof id !== 'string' || !messageIds.has(id)) {
      return { invalid: `an item names no message of the batch by its itemIdentifier: ${shorten(item)}` }
    }
    failed.add(id)
  }
  return { failed }
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 200)
}
