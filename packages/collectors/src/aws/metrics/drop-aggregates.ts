import type { Series } from './list-series.ts'

/**
 * Leaves out a series whose dimensions are some of another's: the agent can publish a metric again under fewer dimensions
 * (`aggregation_dimensions`), which costs what the metric itself does and says less. What is listed twice is kept once.
 */
export function dropAggregates(series: readonly Series[]): Series[] {
  const groups = Map.groupBy(series, ({ metric, subject }) => `${metric.name} ${subject.resource_id}`)
  return [...groups.values()].flatMap((group) => {
    const sets = group.map(
      ({ dimensions }) => new Set(dimensions.map(({ Name, Value }) => `${Name}=${Value}`)),
    )
    return group.filter((_, index) => !sets.some((other, place) => covers(other, sets[index], place < index)))
  })
}

/** Whether `other` has all that is in `set` and more, or, where it `isBefore`, the same. */
function covers(
  other: ReadonlySet<string>,
  set: ReadonlySet<string> | undefined,
  isBefore: boolean,
): boolean {
  return set?.isSubsetOf(other) === true && (isBefore || set.size < other.size)
}
