import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FILE_READERS } from '@polo/collectors'
import { writeSampleEvents } from '@polo/local'
import type { CollectRequest } from '../collect-request.ts'
import type { CollectResult } from '../run-collect.ts'
import { type RunCollectFilesOptions, runCollectFiles } from './run-collect-files.ts'

/** Reads what happened in the sample estate as `polo collect lifecycle --events` would. */
export async function collectSampleEvents(
  { slot, timeoutMs }: Pick<CollectRequest, 'slot' | 'timeoutMs'>,
  options: RunCollectFilesOptions,
): Promise<CollectResult> {
  const now = new Date()
  const directory = await mkdtemp(join(tmpdir(), 'polo-sample-events-'))
  try {
    await writeSampleEvents(directory, now)
    const [reader] = FILE_READERS.filter(({ collector }) => collector === 'lifecycle')
    if (!reader) throw new Error('nothing reads lifecycle events from files')
    const to = { direct: false, backfill: false }
    return await runCollectFiles({ reader, paths: [directory], slot: slot ?? now, timeoutMs, to }, options)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
