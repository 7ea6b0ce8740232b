import type { BulkLoad } from '@polo/core'
import { LoadError } from './load-error.ts'
import type { LoadContext } from './load-kind.ts'

const NEWER = `
  SELECT count() AS newer FROM bulk_load_status
  WHERE load_id IN (SELECT load_id FROM bulk_loads WHERE kind = {kind: String} AND source = {source: String} AND target = {target: String})
    AND load_id != {load_id: UUID} AND status IN ('loading', 'loaded')
    AND (modified_at, observed_at) > (
      parseDateTime64BestEffort({modified_at: String}, 3, 'UTC'), parseDateTime64BestEffort({observed_at: String}, 3, 'UTC'))`

/**
 * A loader that was slow, or whose lease ran out, must not put what is older in the place of what another has loaded since.
 * The same request may have been asked for once more meanwhile, by S3 and by a look at the bucket: it is no other delivery.
 * @throws LoadError
 */
export async function requireNewest(load: BulkLoad, { select }: Pick<LoadContext, 'select'>): Promise<void> {
  const { load_id, kind, source, target, modified_at, observed_at } = load
  const [found] = await select<{ newer: number }>(NEWER, {
    params: { load_id, kind, source, target, modified_at, observed_at },
    settings: { select_sequential_consistency: '1' },
  })
  if (found?.newer === 0) return
  throw new LoadError(`a newer delivery of ${target} was begun or loaded meanwhile: that one counts`)
}
