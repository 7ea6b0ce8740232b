import { LoadError } from '../load-error.ts'
import type { LoadContext } from '../load-kind.ts'
import type { Delivery } from './delivery.ts'
import { requireUnchanged, statAll } from './export-files.ts'

/**
 * Gives a delivery up for what is in one of its files: that is the same at every other try.
 * @throws LoadError always; it is final unless a file has changed since the load began
 */
export async function refuseFile(
  fault: string,
  { keys, facts }: Delivery,
  { files }: LoadContext,
): Promise<never> {
  requireUnchanged(facts, await statAll(files, keys))
  throw new LoadError(
    `${fault}. Nothing of this delivery was loaded, and what was there before is kept. Mend the file, or have it delivered again`,
    { isFinal: true },
  )
}
