import { type DispatchRequest, requestOf } from '@polo/collectors'
import { awsScheduleExpression, maxEventAgeSeconds } from '@polo/core'
import { collectors } from './collectors.ts'
import { dispatcher } from './dispatcher.ts'
import { loader } from './loader.ts'
import { makeSchedule } from './make-schedule.ts'
import { monitor } from './monitor.ts'
import { probe } from './probe.ts'

for (const { collector } of collectors) {
  const { name, schedule } = collector
  const request: DispatchRequest = {
    ...requestOf(collector),
    // EventBridge Scheduler puts in the time that the firing is for.
    scheduledTime: '<aws.scheduler.scheduled-time>',
  }
  makeSchedule(`collect-${name.replaceAll('_', '-')}`, {
    target: dispatcher,
    expression: awsScheduleExpression(schedule),
    maxAgeSeconds: maxEventAgeSeconds(schedule),
    retries: 5,
    event: request,
  })
}

/** Again within a minute; a hiccup of Lambda's would be a dead letter. What fails in the function is left to the next firing. */
const UPKEEP = { maxAgeSeconds: 60, retries: 2 }

makeSchedule('probe', { ...UPKEEP, target: probe, expression: 'cron(* * * * ? *)' })
makeSchedule('monitor', { ...UPKEEP, target: monitor, expression: 'cron(0/5 * * * ? *)' })
makeSchedule('loader', { ...UPKEEP, target: loader, expression: 'cron(* * * * ? *)' })
