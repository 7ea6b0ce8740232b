import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeDirectory } from './polo-process.ts'

export const ACCOUNT = '111122223333'
export const REGION = 'eu-west-1'
const PLACE = `${ACCOUNT}/${REGION}`

/** A recording of one account and region: answers by file name; a string is written as it is. */
export async function writeRecording(files: Readonly<Record<string, object | string>>): Promise<string> {
  const root = await makeDirectory('polo-recording-')
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, PLACE, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return root
}

/** A page of volumes as AWS answers it. */
export function volumes(...list: readonly object[]): object {
  return { status_code: 200, data: { Volumes: list, ResponseMetadata: {} } }
}

export function volume(id: string, more: object = {}): object {
  return { VolumeId: id, VolumeType: 'gp3', Size: 8, State: 'in-use', Attachments: [], Tags: [], ...more }
}
