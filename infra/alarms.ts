import type { Measures } from '@polo/functions/monitor/measure'
import { makeAlarmTopic } from './alarm-topic.ts'
import { config } from './config.ts'
import { type AlarmSettings, poloAlarm, queueAlarm } from './make-alarm.ts'
import { queues, SOURCE_RETENTION_SECONDS } from './queues.ts'
import { settings } from './stage.ts'

const MINUTE = 60
const FIVE_MINUTES = 300
/** The metric counts from when the next run of a collector should have been stored: an inventory has then missed four. */
const MAX_OVERDUE_SECONDS = 3_600

/** Only what the monitor and the probe really tell; anything else would be missing, and alarm for ever. */
interface OwnAlarm extends AlarmSettings {
  readonly metric: keyof Measures | 'BreakerOpen'
  /** Of each function that measures, one alarm rings when it does not. */
  readonly missing: 'breaching' | 'ignore'
}

/** How long a message of the queue may wait. */
const WAITING = {
  'events-waiting': { queue: queues.events, seconds: 1_800 },
  // It may wait, but what is lost after its retention is lost.
  'backfill-waiting': { queue: queues.backfill, seconds: SOURCE_RETENTION_SECONDS / 4 },
  'lifecycle-waiting': { queue: queues.lifecycle, seconds: 1_800 },
  'objects-waiting': { queue: queues.objects, seconds: 1_800 },
}

const DEAD = {
  'events-dead': queues.eventsDlq,
  'jobs-dead': queues.jobsDlq,
  'lifecycle-dead': queues.lifecycleDlq,
  'objects-dead': queues.objectsDlq,
}

const OWN: Readonly<Record<string, OwnAlarm>> = {
  'not-fresh': {
    description:
      'The next complete and reconciled run of a collector is more than an hour overdue: see polo status',
    metric: 'FreshnessSeconds',
    missing: 'breaching',
    threshold: MAX_OVERDUE_SECONDS,
    periodSeconds: FIVE_MINUTES,
    periods: 3,
  },
  'breaker-open': {
    description: 'ClickHouse takes nothing; events wait in the queues until it does',
    metric: 'BreakerOpen',
    missing: 'breaching',
    threshold: 0,
    periodSeconds: MINUTE,
    periods: 10,
  },
  'runs-not-reconciled': {
    description:
      'Rows are neither stored nor dead-lettered, or a job never reported back, after the deadline: see polo status',
    metric: 'UnreconciledRuns',
    missing: 'ignore',
    threshold: 0,
    periodSeconds: FIVE_MINUTES,
    periods: 3,
  },
  'coverage-gap': {
    description: 'Accounts or regions could not be looked at: see polo status and polo accounts verify',
    metric: 'CoverageGaps',
    missing: 'ignore',
    threshold: 0,
    periodSeconds: FIVE_MINUTES,
    periods: 6,
  },
  'loads-given-up': {
    description: 'Cost or flow log files could not be loaded and are not tried again: see polo loads ls',
    metric: 'LoadsGivenUp',
    missing: 'ignore',
    threshold: 0,
    periodSeconds: FIVE_MINUTES,
    periods: 1,
  },
  'spend-over-budget': {
    description:
      'What AWS will charge for paid APIs this month is more than paidApiBudgetUsd of polo.config.ts',
    metric: 'EstimatedSpendUsd',
    missing: 'ignore',
    threshold: config.paidApiBudgetUsd,
    periodSeconds: FIVE_MINUTES,
    periods: 3,
  },
}

if (settings.alarms) makeAlarms()

function makeAlarms(): void {
  const topic = makeAlarmTopic()
  for (const [name, { queue, seconds }] of Object.entries(WAITING)) {
    queueAlarm(name, topic, {
      queue,
      description: `Messages have waited for more than ${seconds / MINUTE} minutes: is ClickHouse slow, or the breaker open?`,
      metric: 'ApproximateAgeOfOldestMessage',
      threshold: seconds,
      periodSeconds: FIVE_MINUTES,
      periods: 2,
    })
  }
  for (const [name, queue] of Object.entries(DEAD)) {
    queueAlarm(name, topic, {
      queue,
      description: 'Something was given up: see polo dlq ls and polo status',
      metric: 'ApproximateNumberOfMessagesVisible',
      threshold: 0,
      periodSeconds: FIVE_MINUTES,
      periods: 1,
    })
  }
  for (const [name, alarm] of Object.entries(OWN)) poloAlarm(name, topic, alarm)
}
