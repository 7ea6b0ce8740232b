/**
 * How AWS begins the keys of a column that holds tags of resources, cost categories, tags of accounts and attributes of users.
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html
 */
export const RESOURCE_TAGS = 'resourceTags/'
export const COST_CATEGORIES = 'costCategory/'

/** SQL of a resource's tag key without what says whose it is: `user:Team`, `user_team`, `resourceTags/user:Team`. */
export function plainKey(key: string): string {
  return `replaceRegexpOne(${key}, '^(?:${RESOURCE_TAGS})?(?:user[:_])?', '')`
}
