import { LOAD_COLLECTORS } from '@polo/collectors'

/** The collector that asks for loads of a kind, as people call it: `cost_cur` for `cur`. */
export function collectorOf(kind: string): string {
  const found = Object.entries(LOAD_COLLECTORS).find(([key]) => key === kind)
  return found?.[1] ?? kind
}
