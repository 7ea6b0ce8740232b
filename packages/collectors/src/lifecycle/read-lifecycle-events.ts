import { type PoloConfig, placeOfAccount, type ResourceEvent } from '@polo/core'
import { createEventMaker } from '../run/observation-to-event.ts'
import { type Happening, observationsOf, unreadable } from './happening.ts'
import { lifecycle } from './lifecycle.ts'
import { readForwarded } from './read-happening.ts'

/** What every event needs that what happened does not say. */
export interface LifecycleContext {
  readonly config: PoloConfig
  readonly observedAt: Date
}

/**
 * One event for each resource that the body of a message, an event of EventBridge's, is about.
 * @throws UnreadableEventError for what is no event of EventBridge's, or not what its detail-type says
 */
export function readLifecycleEvents(body: string, context: LifecycleContext): ResourceEvent[] {
  return toEvents(readForwarded(parseJson(body)), context)
}

/**
 * One event for each resource that something happened to. The account's defaults fill owner fields only where all tags
 * are known: of most resources an event tells none, and a default would contradict those that they have.
 * @throws UnreadableEventError for what no event can hold
 */
export function toEvents(happening: Happening, { config, observedAt }: LifecycleContext): ResourceEvent[] {
  const { account, region, time } = happening
  const { role, tagDefaults } = placeOfAccount(config, account)
  const makerFor = (defaults: typeof tagDefaults) =>
    createEventMaker({
      collector: lifecycle,
      account: { id: account, role, tagDefaults: defaults },
      region,
      slot: new Date(time),
      observedAt,
      config,
    })
  const [known, unknown] = [makerFor(tagDefaults), makerFor({})]
  try {
    return observationsOf(happening).map((observation, index) =>
      happening.subjects[index]?.areAll ? known(observation) : unknown(observation),
    )
  } catch (error) {
    throw unreadable(error)
  }
}

/** @throws UnreadableEventError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(error)
  }
}
