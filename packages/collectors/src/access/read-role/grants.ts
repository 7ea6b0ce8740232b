import type { PoloConfig } from '@polo/core'
import type { Collector } from '../../collector.ts'

/** A permission, and the ARNs of the resources that it is for; '*' alone for any. */
export interface Grant {
  readonly permission: string
  readonly resources: readonly string[]
}

/** What a collector needs where the configuration says so: a permission that is for nothing is left out. */
export function grantsOf(
  { permissions, resources }: Pick<Collector, 'permissions' | 'resources'>,
  config: PoloConfig,
  partition: string,
): Grant[] {
  const narrowed = resources?.(config, partition) ?? {}
  return permissions
    .map((permission) => ({ permission, resources: narrowed[permission] ?? ['*'] }))
    .filter(({ resources: arns }) => arns.length > 0)
}

export function neededPermissions(...needs: Parameters<typeof grantsOf>): string[] {
  return grantsOf(...needs).map(({ permission }) => permission)
}
