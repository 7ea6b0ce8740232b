import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MissingRecordingError } from './errors.ts'
import { findRegions } from './recorded-places.ts'

interface MissingCall {
  /** The region's directory. */
  readonly directory: string
  /** `ec2.DescribeInstances` */
  readonly call: string
  readonly index: number
  /** Files of this call that answer another API. */
  readonly skipped: readonly string[]
}

/** Says why nothing answers a call. @throws RecordingError when the recording's layout is not usable */
export async function missingRecording(missing: MissingCall): Promise<MissingRecordingError> {
  const { directory, call, index, skipped } = missing
  if (!(await exists(directory))) {
    const regions = await findRegions(dirname(directory))
    return new MissingRecordingError(
      `there is no ${directory}: nothing was recorded in ${basename(directory)}; there are ${regions.join(', ')}`,
    )
  }
  const others = skipped.length > 0 ? ` (${skipped.join(', ')}: an answer of another API)` : ''
  const reason =
    index - skipped.length === 1
      ? `nothing was recorded for ${call}`
      : `${call} was called more often than recorded`
  return new MissingRecordingError(
    `there is no ${join(directory, `${call}_${index}.json`)}: ${reason}${others}`,
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
