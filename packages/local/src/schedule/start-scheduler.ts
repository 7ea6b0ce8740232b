import { type Collector, type DispatchRequest, requestOf } from '@polo/collectors'
import { cronExpression, slotAt } from '@polo/core'
import { Cron } from 'croner'

export interface SchedulerOptions {
  readonly collectors: readonly Collector[]
  /** Makes the jobs of one firing. */
  dispatch(request: DispatchRequest): Promise<unknown>
  /** Told what `dispatch` throws; the schedule goes on. */
  onError(collector: Collector, error: unknown): void
}

export interface Scheduler {
  /** Fires the slot that each collector is in, unless it was fired already; resolves when all were dispatched. */
  fireNow(): Promise<void>
  /** Fires no more, and waits for the dispatches that run. */
  stop(): Promise<void>
}

/**
 * Fires each collector by its schedule, in UTC, and no slot twice. What was missed while the machine slept is not made
 * up for, but for the slot that it wakes up in.
 */
export function startScheduler({ collectors, dispatch, onError }: SchedulerOptions): Scheduler {
  const fired = new Map<string, number>()
  const running = new Set<Promise<void>>()

  const fire = (collector: Collector): Promise<void> => {
    const slot = slotAt(collector.schedule, new Date())
    if (fired.get(collector.name) === slot.getTime()) return Promise.resolve()
    fired.set(collector.name, slot.getTime())
    const request = { ...requestOf(collector), scheduledTime: slot.toISOString() }
    const dispatched = dispatch(request)
      .then(() => {})
      .catch((error: unknown) => onError(collector, error))
      .finally(() => running.delete(dispatched))
    running.add(dispatched)
    return dispatched
  }

  const crons = collectors.map(
    (collector) => new Cron(cronExpression(collector.schedule), { timezone: 'UTC' }, () => fire(collector)),
  )
  return {
    async fireNow() {
      await Promise.all(collectors.map(fire))
    },
    async stop() {
      for (const cron of crons) cron.stop()
      await Promise.all(running)
    },
  }
}
