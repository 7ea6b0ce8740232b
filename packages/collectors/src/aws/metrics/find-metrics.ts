import type { Context } from './clients.ts'
import { type FindSubject, type Listing, listSeries, listSeriesOf } from './list-series.ts'
import type { LookWindow } from './look-window.ts'
import type { EndedInstance } from './memory.ts'
import { type Instances, identify } from './read-instances.ts'

/** So long EC2 shows an instance that was terminated; for longer windows CloudWatch alone knows of some. */
export const SHOWN_MS = 3_600_000
/** What CloudWatch calls recent. */
const RECENT_MS = 3 * 3_600_000
const PLATFORMS: ReadonlySet<EndedInstance['platform']> = new Set(['linux', 'windows'])
const INSTANCE_ID = /^i-[0-9a-f]+$/

interface Place {
  readonly instances: Instances
  /** All that ended since the last look. */
  readonly ended: readonly EndedInstance[]
  readonly window: LookWindow
}

/** The metrics of all instances that may have datapoints in the window, those that have ended included. */
export async function findMetrics(context: Context, place: Place): Promise<Listing> {
  const { instances, ended, window } = place
  const findSubject = findSubjects(context, place)
  const platforms = new Set([...instances.platforms, ...ended.map(({ platform }) => platform)])
  const recent = await listSeries(context, platforms.size > 0 ? platforms : PLATFORMS, findSubject)
  const listed = new Set(recent.series.map(({ subject }) => subject.resource_id))
  const isBeyondRecent = window.end.getTime() - window.start.getTime() > RECENT_MS
  const others = isBeyondRecent ? ended.map(({ id }) => id).filter((id) => !listed.has(id)) : []
  const earlier = await listSeriesOf(context, others, findSubject)
  return {
    series: [...recent.series, ...earlier.series],
    requests: recent.requests + earlier.requests,
  }
}

/** Of instances that nobody remembers and that EC2 no longer shows, the owners are not known. */
function findSubjects(context: Context, { instances, ended, window }: Place): FindSubject {
  const { subjects, over } = instances
  const isLong = window.end.getTime() - window.start.getTime() > SHOWN_MS
  const remembered = new Map(ended.map((one) => [one.id, one]))
  return (id) => {
    const known = subjects.get(id)
    if (known) return known
    const tags = remembered.get(id)?.tags
    if (tags)
      return identify(
        context,
        id,
        Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      )
    return isLong && INSTANCE_ID.test(id) && !over.has(id) ? identify(context, id, undefined) : undefined
  }
}
