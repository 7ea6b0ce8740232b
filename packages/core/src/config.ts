import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { ExternalId } from './account.ts'
import { BulkBuckets } from './bulk-bucket.ts'
import { ConfigError } from './errors.ts'
import { TAG_FIELDS } from './event.ts'
import { REGION_NAME } from './region.ts'

const TagKey = z.string().min(1, 'a tag key cannot be empty')
const TagPattern = z.strictObject({
  match: z.union([z.instanceof(RegExp), z.string().min(1)]).superRefine((match, context) => {
    try {
      new RegExp(match)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    }
  }),
})
const Matcher = z.union([TagKey, TagPattern], 'expected a tag key or { match: /regular expression/ }')
const Cascade = z
  .array(Matcher)
  .min(1, 'a cascade needs at least one tag key')
  .transform((matchers) =>
    matchers.map((matcher) => (typeof matcher === 'string' ? matcher : { match: new RegExp(matcher.match) })),
  )

const TagFieldName = z.enum(TAG_FIELDS)
const AccountId = z
  .string('expected an AWS account id, 12 digits in quotes')
  .regex(/^\d{12}$/, 'expected an AWS account id of 12 digits')
const Region = z.string().regex(REGION_NAME, 'not an AWS region name')
const Regions = z.array(Region).min(1, 'name at least one region, or leave the setting out')
/** The engine counts the end of retention in 32 bits of seconds: with the latest time that an event may have, until 2106. */
const Days = z.int().positive().max(4_000)
/** Billing periods are dates, which the engine counts until 2149. */
const PeriodDays = z.int().positive().max(36_500)

const Account = z.strictObject({
  name: z.string().default(''),
  /** The account's part in the organisation, such as 'production'; becomes `account_role`. */
  role: z.string().default(''),
  /** Owner fields of resources that neither their own tags nor a parent's decide. */
  tagDefaults: z.partialRecord(TagFieldName, z.string()).default({}),
  /** The regions to collect from; all that are enabled in the account, if left out. */
  regions: Regions.optional(),
})

/** What `polo.config.ts` may say; everything has a default. */
export const PoloConfig = z.strictObject({
  organization: z.string().min(1).default('organization'),
  /** The tag keys that fill each owner field, the most trusted first; a field that is left out keeps its default. */
  tags: z
    .strictObject({
      marqo_customer: Cascade.prefault([
        'marqo:customer',
        'customer',
        'Customer',
        'team',
        'Team',
        'owner',
        'Owner',
      ]),
      marqo_cluster: Cascade.prefault(['marqo:cluster', 'cluster', 'Cluster', 'eks:cluster-name']),
      marqo_index: Cascade.prefault(['marqo:index', 'index']),
      marqo_env: Cascade.prefault(['marqo:env', 'env', 'Env', 'environment', 'Environment', 'stage']),
      marqo_purpose: Cascade.prefault([
        'marqo:purpose',
        'purpose',
        'Purpose',
        'role',
        'Role',
        'service',
        'Service',
      ]),
    })
    .prefault({}),
  accounts: z
    .record(AccountId, Account, {
      error: ({ code }) =>
        code === 'invalid_key' ? 'an AWS account id has 12 digits, in quotes' : undefined,
    })
    .default({}),
  /**
   * The account that Organizations and billing are read from: the payer (management) account or a delegated
   * administrator. The hub's own account, if left out.
   */
  payerAccount: AccountId.optional(),
  /** The organization's id; role trust and the hub's event bus are limited to it. */
  organizationId: z
    .string()
    .regex(/^o-[a-z0-9]{10,32}$/, 'expected an organization id such as o-a1b2c3d4e5')
    .optional(),
  /** What read roles ask for; not a secret. Made from the hub's account id, if left out. */
  externalId: ExternalId.optional(),
  /** What APIs that AWS charges for (Cost Explorer, GetMetricData) may cost in a month, in US dollars. */
  paidApiBudgetUsd: z.number().nonnegative().default(50),
  /**
   * The IAM role that your ClickHouse service runs as (ClickHouse Cloud: "Service role ID"). The app then makes a role
   * `polo-<stage>-clickhouse` which it may assume, and which reads the buckets of `costExports` and `flowLogs`.
   */
  clickHousePrincipal: z
    .string()
    .regex(/^arn:aws[\w-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/, 'expected the ARN of an IAM role or user')
    .optional(),
  /** Cost and Usage Reports, Data Exports and FOCUS exports in S3, which the database loads by itself. */
  costExports: BulkBuckets.default([]),
  /** VPC flow logs in S3, which the database loads by itself. */
  flowLogs: BulkBuckets.default([]),
  /** For accounts that do not say: of the regions that an account has enabled only these, or 'enabled' for every one. */
  regions: z
    .union([z.literal('enabled'), Regions], "expected 'enabled' or a list of AWS region names")
    .default('enabled'),
  /** Days that events are kept, by event type, and from their end billing periods of cost exports. */
  retentionDays: z
    .strictObject({
      lifecycle: Days.default(800),
      cost: Days.default(1200),
      metric: Days.default(120),
      config: Days.default(800),
      tag_change: Days.default(800),
      cost_line_items: PeriodDays.default(1200),
    })
    .prefault({}),
})
export type PoloConfig = z.infer<typeof PoloConfig>
export type PoloConfigInput = z.input<typeof PoloConfig>

/** Gives `polo.config.ts` its types: `export default defineConfig({ … })`. */
export function defineConfig(config: PoloConfigInput): PoloConfigInput {
  return config
}

/** @throws ConfigError which names `origin` and every setting at fault */
export function parseConfig(input: unknown, origin = 'polo.config.ts'): PoloConfig {
  const result = PoloConfig.safeParse(input)
  if (result.success) return result.data
  throw new ConfigError(`${origin} is not valid:\n${z.prettifyError(result.error)}`, { cause: result.error })
}

/**
 * Reads a configuration file; one that does not exist means the defaults, unless `required`.
 * @throws ConfigError when it cannot be read, has no default export, or says something that is not valid
 */
export async function loadConfig(path: string, { required = false } = {}): Promise<PoloConfig> {
  if (!existsSync(path)) {
    if (required) throw new ConfigError(`there is no configuration file at ${path}`)
    return parseConfig({})
  }
  const module: { default?: unknown } = await importConfig(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(`${path} cannot be loaded: ${reason}${placeOf(cause)}`, { cause })
  })
  if (module.default === undefined) {
    throw new ConfigError(`${path} has no default export; write: export default defineConfig({ … })`)
  }
  return parseConfig(module.default, path)
}

/** Where a syntax error is, in which file: Node says it in the first line of the stack alone. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return ''
  const [, place] = /^(.+:\d+)\n/.exec(error.stack ?? '') ?? []
  return place === undefined ? '' : ` (${place})`
}

const OWN_NAME = '@polo/core'

/** A file that is not in Polo's directory finds `defineConfig` all the same. */
async function importConfig(path: string): Promise<{ default?: unknown }> {
  // Not by name: SST evaluates this file with the machine's Node, which may be too old to have it.
  const hooks = nodeModule.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (specifier !== OWN_NAME) throw error
        return { url: new URL('./index.ts', import.meta.url).href, shortCircuit: true }
      }
    },
  })
  try {
    return await import(pathToFileURL(path).href)
  } finally {
    hooks.deregister()
  }
}
