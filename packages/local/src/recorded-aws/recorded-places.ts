import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { REGION_NAME } from '@polo/core'
import { RecordingError } from './errors.ts'

/** What an account's directory is called. */
export const ACCOUNT_NAME = /^\d{12}$/
const LAYOUT =
  '<12-digit account>/<region>/<service>.<Operation>_<n>.json, such as 123456789012/us-east-1/ec2.DescribeInstances_1.json'
const ASIDE = "prefix it with '_' to leave it out"

/** @throws RecordingError for a directory that was perhaps meant to be an account, and when there is none */
export async function findAccounts(root: string, only: string | undefined): Promise<readonly string[]> {
  const accounts = await subdirectories(root, /^\d/)
  const odd = accounts.find((name) => !ACCOUNT_NAME.test(name))
  if (odd !== undefined) {
    throw new RecordingError(`${join(root, odd)} is not an account: expected 12 digits; ${ASIDE}`)
  }
  if (accounts.length === 0) {
    throw new RecordingError(`there is no account in the recording ${root}; expected ${LAYOUT}`)
  }
  if (only === undefined) return accounts
  if (accounts.includes(only)) return [only]
  throw new RecordingError(
    `account ${only} is not in the recording ${root}; there are ${accounts.join(', ')}`,
  )
}

/** @throws RecordingError for a directory that is not called like a region, and when there is none */
export async function findRegions(accountDirectory: string): Promise<readonly string[]> {
  const regions = await subdirectories(accountDirectory, /^[^._]/)
  const odd = regions.find((name) => !REGION_NAME.test(name))
  if (odd !== undefined) {
    throw new RecordingError(
      `${join(accountDirectory, odd)} is not a region: expected a name such as us-east-1; ${ASIDE}`,
    )
  }
  if (regions.length > 0) return regions
  throw new RecordingError(
    `there is no region in the recorded account ${accountDirectory}; expected ${LAYOUT}`,
  )
}

/** Those that a link leads to included. */
async function subdirectories(directory: string, pattern: RegExp): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => pattern.test(name)).sort()
    const found = await Promise.all(names.map((name) => stat(join(directory, name))))
    return names.filter((_, index) => found[index]?.isDirectory())
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingError(`the recording ${directory} cannot be read: ${reason}; expected ${LAYOUT}`, {
      cause,
    })
  }
}
