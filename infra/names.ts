/** Lambda's and IAM's limit; the rest allows more. */
const MAX_LENGTH = 64

/** What everything of this stage is called, such as `polo-production`. */
export const APP_STAGE = `${$app.name}-${$app.stage}`
/** What the names of collectors' functions begin with. */
export const COLLECTOR_PREFIX = `${APP_STAGE}-collect-`

/**
 * The name that AWS knows a resource by. Read roles trust roles named `polo-*`, so roles are named by this too.
 * @throws Error for a name that is too long
 */
export function physicalName(name: string): string {
  const physical = `${APP_STAGE}-${name}`
  if (physical.length <= MAX_LENGTH) return physical
  throw new Error(
    `${physical} has ${physical.length} characters and AWS takes ${MAX_LENGTH}: choose a shorter name for the stage or the collector`,
  )
}

/** The name that SST knows it by: `collect-config-ec2` is `CollectConfigEc2`. */
export function componentName(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, _dash: string, letter: string) => letter.toUpperCase())
}
