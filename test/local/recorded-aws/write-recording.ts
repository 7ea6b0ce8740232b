import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ClientClass } from '@polo/collectors'
import { onTestFinished } from 'vitest'
import { recordedAws } from '../../../packages/local/src/recorded-aws/recorded-aws.ts'

const ACCOUNT = '123456789012'
const REGION = 'eu-west-1'

/** A recorded answer. */
export function answer(data: object): object {
  return { status_code: 200, data }
}

/** A recorded error. */
export function failure(status: number, Code: string, Message = 'no'): object {
  return { status_code: status, data: { Error: { Code, Message }, ResponseMetadata: {} } }
}

/** A directory with these files, for the length of the test; a string is written as it is. */
export function writeFiles(files: Readonly<Record<string, object | string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'polo-recording-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return root
}

/** A client of one region of a recording that has these files in it, and the calls it counted. */
export function replay<Class extends ClientClass>(
  clientClass: Class,
  files: Readonly<Record<string, object | string>>,
  region = REGION,
) {
  const directory = writeFiles(
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`${ACCOUNT}/${region}/${name}`, content]),
    ),
  )
  const calls: string[] = []
  const client = recordedAws({ directory }).client(clientClass, {
    accountId: ACCOUNT,
    region,
    countCall: (operation) => calls.push(operation),
  })
  return { client, calls, directory: join(directory, ACCOUNT, region) }
}
