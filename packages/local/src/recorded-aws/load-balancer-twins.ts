const PREFIX = 'elasticloadbalancing'
const NAMESPACES: Readonly<Record<string, Generation>> = {
  'com.amazonaws.elasticloadbalancing': 'classic',
  'com.amazonaws.elasticloadbalancingv2': 'v2',
}

type Generation = 'classic' | 'v2'

/**
 * Classic and v2 load balancers share their endpoint and the names of several operations, so a recording of both
 * mixes their answers. Whether this is an answer of the other one than the operation's; false where it may be of either.
 */
export function isOfTwinApi(prefix: string, operationSchema: unknown, data: object): boolean {
  if (prefix !== PREFIX || !Array.isArray(operationSchema)) return false
  const asked = NAMESPACES[String(operationSchema[1])]
  const answered = generationOf(data)
  return asked !== undefined && answered !== undefined && asked !== answered
}

function generationOf(data: object): Generation | undefined {
  if ('LoadBalancerDescriptions' in data || 'LoadBalancerAttributes' in data) return 'classic'
  if ('LoadBalancers' in data || 'Attributes' in data) return 'v2'
  if (!('TagDescriptions' in data) || !Array.isArray(data.TagDescriptions)) return undefined
  const items: readonly unknown[] = data.TagDescriptions
  if (items.some((item) => has(item, 'ResourceArn'))) return 'v2'
  return items.some((item) => has(item, 'LoadBalancerName')) ? 'classic' : undefined
}

function has(item: unknown, key: string): boolean {
  return typeof item === 'object' && item !== null && key in item
}
