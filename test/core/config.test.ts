import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, parseConfig, resolveTags, TAG_FIELDS } from '@polo/core'
import { afterAll, describe, expect, it } from 'vitest'
import { thrownBy } from './factories.ts'

const directory = mkdtempSync(join(tmpdir(), 'polo-config-'))
afterAll(() => rmSync(directory, { recursive: true }))

function fileWith(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe('parseConfig', () => {
  it('fills everything with defaults', () => {
    const { organization, accounts, regions, retentionDays, tags } = parseConfig({})
    expect({ organization, accounts, regions, retentionDays }).toEqual({
      organization: 'organization',
      accounts: {},
      regions: 'enabled',
      retentionDays: {
        lifecycle: 800,
        cost: 1200,
        metric: 120,
        config: 800,
        tag_change: 800,
        cost_line_items: 1200,
      },
    })
    expect(Object.keys(tags)).toEqual([...TAG_FIELDS])
  })

  it('keeps the defaults of owner fields that are left out', () => {
    const { tags } = parseConfig({ tags: { marqo_env: ['landscape'] } })
    expect(tags.marqo_env).toEqual(['landscape'])
    expect(tags.marqo_customer).toEqual(parseConfig({}).tags.marqo_customer)
  })

  it('keeps the retention of event types that are left out', () => {
    const { retentionDays } = parseConfig({ retentionDays: { metric: 30, cost: undefined } })
    expect(retentionDays).toMatchObject({ metric: 30, cost: 1200 })
  })

  it('gives a cascade that tags can be resolved by', () => {
    const own = { 'eks:cluster-name': 'blue', Environment: 'prod' }
    expect(resolveTags(parseConfig({}).tags, { own }).fields).toMatchObject({
      marqo_cluster: 'blue',
      marqo_env: 'prod',
    })
  })

  it('compiles a regular expression that is given as text', () => {
    const { tags } = parseConfig({ tags: { marqo_env: [{ match: '^env$' }] } })
    expect(tags.marqo_env).toEqual([{ match: /^env$/ }])
  })

  it.each([
    ['an unknown setting', { acounts: {} }, 'Unrecognized key: "acounts"'],
    ['an unknown field', { tags: { marqo_team: ['team'] } }, 'Unrecognized key: "marqo_team"\n  → at tags'],
    ['an empty cascade', { tags: { marqo_env: [] } }, 'at least one tag key\n  → at tags.marqo_env'],
    ['an empty tag key', { tags: { marqo_env: [''] } }, 'cannot be empty\n  → at tags.marqo_env[0]'],
    [
      'a regular expression that is not one',
      { tags: { marqo_env: ['env', { match: '(' }] } },
      'Invalid regular expression: /(/: Unterminated group\n  → at tags.marqo_env[1].match',
    ],
    ['something else in a cascade', { tags: { marqo_env: [1] } }, 'expected a tag key or { match: /regular'],
    [
      'an account id that is too short',
      { accounts: { '1234': {} } },
      'an AWS account id has 12 digits, in quotes\n  → at accounts.1234',
    ],
    [
      'an unknown setting of an account',
      { accounts: { '111122223333': { rol: 'x' } } },
      'Unrecognized key: "rol"\n  → at accounts.111122223333',
    ],
    [
      'a default for an unknown field',
      { accounts: { '111122223333': { tagDefaults: { env: 'x' } } } },
      'Unrecognized key: "env"\n  → at accounts.111122223333.tagDefaults',
    ],
    ['a region that is not one', { regions: ['Ireland'] }, 'not an AWS region name\n  → at regions[0]'],
    ['an empty list of regions', { regions: [] }, 'name at least one region'],
    ['regions that are neither', { regions: 'all' }, "expected 'enabled' or a list of AWS region names"],
    ['a retention of no days', { retentionDays: { cost: 0 } }, '→ at retentionDays.cost'],
    ['the retention of an unknown type', { retentionDays: { costs: 9 } }, 'Unrecognized key: "costs"'],
    ['no object', null, 'expected object'],
  ])('names file and setting for %s', async (_, input, expected) => {
    const error = await thrownBy(() => parseConfig(input, 'polo.config.ts'))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('polo.config.ts is not valid:')
    expect(error.message).toContain(expected)
  })

  it('names every setting at fault at once', async () => {
    const { message } = await thrownBy(() => parseConfig({ regions: [], retentionDays: { cost: -1 } }))
    expect(message).toMatch(/regions[\s\S]*retentionDays\.cost/)
  })
})

describe('loadConfig', () => {
  it('reads a file', async () => {
    const path = fileWith('good.ts', "const name: string = 'acme'\nexport default { organization: name }\n")
    expect((await loadConfig(path)).organization).toBe('acme')
  })

  it('reads a file that is not in the repository and asks for defineConfig', async () => {
    const text =
      "import { defineConfig } from '@polo/core'\nexport default defineConfig({ organization: 'acme' })\n"
    expect((await loadConfig(fileWith('elsewhere.ts', text))).organization).toBe('acme')
  })

  it('takes a file that does not exist for the defaults', async () => {
    expect(await loadConfig(join(directory, 'missing.ts'))).toEqual(parseConfig({}))
  })

  it('refuses a file that does not exist where one is required', async () => {
    const path = join(directory, 'missing.ts')
    const error = await thrownBy(() => loadConfig(path, { required: true }))
    expect(error).toEqual(new ConfigError(`there is no configuration file at ${path}`))
  })

  it.each([
    ['a syntax error', 'syntax.ts', 'export default {{', 'cannot be loaded: '],
    ['an import that is not there', 'import.ts', "import './nowhere.ts'\n", 'cannot be loaded: '],
    ['an error of its own', 'throws.ts', "throw new Error('no vault')\n", 'cannot be loaded: no vault'],
    [
      'no default export',
      'named.ts',
      'export const config = {}\n',
      'has no default export; write: export default',
    ],
    [
      'a setting at fault',
      'invalid.ts',
      'export default { regions: [] }\n',
      'is not valid:\n✖ name at least',
    ],
  ])('names the file that has %s', async (_, name, text, expected) => {
    const path = fileWith(name, text)
    const error = await thrownBy(() => loadConfig(path))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain(`${path} ${expected}`)
  })

  it('refuses a directory', async () => {
    expect(await thrownBy(() => loadConfig(directory))).toBeInstanceOf(ConfigError)
  })
})

describe('costExports', () => {
  const source = { name: 'org', bucket: 'acme-billing', region: 'us-east-1' }
  it('are none by default, and whole buckets unless they say a prefix', () => {
    expect(parseConfig({}).costExports).toEqual([])
    expect(parseConfig({ costExports: [source] }).costExports).toEqual([{ ...source, prefix: '' }])
  })

  it.each([
    [{ name: 'a b' }, 'expected a name of letters'],
    [{ bucket: 'Not_A_Bucket' }, 'not the name of an S3 bucket'],
    [{ prefix: 'exports/org' }, "expected a prefix that ends with '/'"],
    [{ prefix: 'exports/*/' }, "expected a prefix that ends with '/'"],
    [{ region: 'mars' }, 'not an AWS region name'],
    [{ roleArn: 'reads' }, 'not the ARN of an IAM role'],
    [{ kmsKeyArn: 'arn:aws:kms:us-east-1:444455556666:alias/billing' }, 'not the ARN of a KMS key'],
    [{ namedCollection: "x', url" }, 'expected the name of a named collection'],
    [{ endpoint: 'file:///etc' }, 'expected a URL such as'],
    [{ endpoint: 'http://key:secret@127.0.0.1:9000' }, 'put them into a named collection'],
    [{ roleArn: 'arn:aws:iam::444455556666:role/r', namedCollection: 'x' }, 'two ways to read the bucket'],
    [{ format: 'parquet' }, 'Unrecognized key'],
  ])('are refused with what is wrong: %j', async (overrides, message) => {
    expect(await thrownBy(() => parseConfig({ costExports: [{ ...source, ...overrides }] }))).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(message),
    })
  })

  it('have names of their own', () => {
    expect(() => parseConfig({ costExports: [source, source] })).toThrow('there are two named org')
  })
})
