import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleNotice } from '../../packages/cli/src/collect/sample-notice.ts'
import { dropCredentials } from '../../packages/cli/src/output/mask-secrets.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'polo-home-'))
})
afterAll(() => rm(home, { recursive: true }))

describe('sampleNotice', () => {
  test('is silent about credentials where there are none', () => {
    expect(sampleNotice({ HOME: home })).toMatch(/^This is the sample estate/)
  })

  test.each([
    [{ AWS_PROFILE: 'prod' }, 'Found AWS_PROFILE=prod.'],
    [{ AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, 'Found AWS credentials in the environment.'],
  ])('says that it leaves %j alone', (environment, words) => {
    expect(sampleNotice({ HOME: home, ...environment })).toContain(words)
  })

  test.each(['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'])(
    'says that it leaves the file of %s alone',
    async (name) => {
      const file = join(home, name)
      await writeFile(file, '[default]\n')
      expect(sampleNotice({ HOME: home, [name]: file })).toContain(`Found ${file}. Not using it`)
    },
  )
})

test.each([
  ['http://polo:pw@127.0.0.1:8123/', 'http://127.0.0.1:8123/'],
  ['live AWS at http://token@host:4566', 'live AWS at http://host:4566'],
  ['at http://a:b@c@host/?api_key=x', 'at http://host/?api_key=***'],
  ['the recording in /a//b and me@example.com', 'the recording in /a//b and me@example.com'],
])('dropCredentials leaves where of %s', (text, expected) => {
  expect(dropCredentials(text)).toBe(expected)
})
