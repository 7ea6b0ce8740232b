import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sampleEstateDirectory } from './sample-estate.ts'

const EVENTS = join(sampleEstateDirectory, '_events')
const EVENT_TIME = /(?<="eventTime": ")[^"]+(?=")/g

const EVERY_MS = 28 * 86_400_000

/**
 * Writes what happened in the sample estate as the files of a trail. It was recorded years ago and would be too old to be kept:
 * each file is moved by whole times of four weeks to the newest time that is not after `now`, so that for four weeks it says
 * the same.
 */
export async function writeSampleEvents(directory: string, now: Date): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const name of await readdir(EVENTS)) {
    const recorded = await readFile(join(EVENTS, name), 'utf8')
    const newest = Math.max(...(recorded.match(EVENT_TIME) ?? []).map((time) => Date.parse(time)))
    const byMs = Math.floor((now.getTime() - newest) / EVERY_MS) * EVERY_MS
    await writeFile(
      join(directory, name),
      recorded.replace(EVENT_TIME, (time) => move(time, byMs)),
    )
  }
}

function move(time: string, byMs: number): string {
  return new Date(Date.parse(time) + byMs).toISOString().replace('.000Z', 'Z')
}
