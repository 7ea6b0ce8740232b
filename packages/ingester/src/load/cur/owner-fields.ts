import { type PoloConfig, TAG_FIELDS, type TagField, type TagMatcher } from '@polo/core'
import { quoteString } from '../quote.ts'

/** What the configuration says of whose things are. */
export type OwnerConfig = Pick<PoloConfig, 'tags' | 'accounts'>

/**
 * SQL of the owner fields and of `account_role`, from the SQL of a map of tags and of the account. The same cascade as
 * everywhere, but that exports have changed the tags' keys: they are compared as AWS rewrites them.
 */
export function ownerFields(
  { tags, accounts }: OwnerConfig,
  { tagMap, account }: { readonly tagMap: string; readonly account: string },
): Readonly<Record<TagField | 'account_role', string>> {
  const rewritten = `mapApply((k, v) -> (${rewriteSql('k')}, v), ${tagMap})`
  const field = (name: TagField) => {
    const defaults = Object.entries(accounts).map(([id, one]) => [id, one.tagDefaults[name] ?? ''] as const)
    const own = tags[name].flatMap((matcher) => valuesOf(matcher, { tagMap, rewritten }))
    return firstNonEmpty([...own, ofAccount(account, defaults)])
  }
  return {
    marqo_customer: field('marqo_customer'),
    marqo_cluster: field('marqo_cluster'),
    marqo_index: field('marqo_index'),
    marqo_env: field('marqo_env'),
    marqo_purpose: field('marqo_purpose'),
    account_role: ofAccount(
      account,
      Object.entries(accounts).map(([id, { role }]) => [id, role] as const),
    ),
  }
}

/** Checked against what `OWNER_COLUMNS` promises. */
export const OWNER_COLUMNS = [...TAG_FIELDS, 'account_role'] as const

function valuesOf(
  matcher: TagMatcher,
  { tagMap, rewritten }: { readonly tagMap: string; readonly rewritten: string },
): string[] {
  if (typeof matcher === 'string') {
    return [`${tagMap}[${quoteString(matcher)}]`, `${rewritten}[${quoteString(rewriteTagKey(matcher))}]`]
  }
  const pattern = quoteString(`${matcher.match.flags.includes('i') ? '(?i)' : ''}${matcher.match.source}`)
  const sorted = `arraySort(arrayFilter(k -> match(k, ${pattern}) AND ${tagMap}[k] != '', mapKeys(${tagMap})))`
  return [`${tagMap}[${sorted}[1]]`]
}

/** As AWS rewrites names for Parquet and CUR 2.0: `eks:clusterName` is `eks_cluster_name`. */
function rewriteTagKey(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

function rewriteSql(key: string): string {
  const snake = `replaceRegexpAll(${key}, '([a-z0-9])([A-Z])', '\\\\1_\\\\2')`
  return `lower(replaceRegexpAll(${snake}, '[^A-Za-z0-9]+', '_'))`
}

function ofAccount(account: string, values: readonly (readonly [string, string])[]): string {
  const told = values.filter(([, value]) => value !== '')
  if (told.length === 0) return "''"
  const ids = told.map(([id]) => quoteString(id)).join(', ')
  return `transform(${account}, [${ids}], [${told.map(([, value]) => quoteString(value)).join(', ')}], '')`
}

function firstNonEmpty(expressions: readonly string[]): string {
  return `firstNonDefault(${[...new Set(expressions), "''"].join(', ')})`
}
