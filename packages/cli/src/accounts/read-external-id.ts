import { ExternalId } from '@polo/core'
import { UsageError } from '../errors.ts'

/** @throws UsageError for one that STS would not take */
export function readExternalId(text: string): string {
  const { data, error } = ExternalId.safeParse(text)
  if (error) throw new UsageError(`--external-id ${text}: ${error.issues[0]?.message}`)
  return data
}
