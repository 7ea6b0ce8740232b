import type { DispatchRequest } from '@polo/collectors'
import { awsScheduleExpression, maxEventAgeSeconds } from '@polo/core'
import { collectors } from './collectors.ts'
import { dispatcher } from './dispatcher.ts'
import { makeSchedule } from './make-schedule.ts'
import { monitor } from './monitor.ts'
import { probe } from './probe.ts'

for (const { collector } of collectors) {
  const { name, scope, schedule } = collector
  const request: DispatchRequest = {
    collector: name,
    scope,
    schedule,
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

makeSchedule('probe', { target: probe, expression: 'cron(* * * * ? *)', maxAgeSeconds: 60, retries: 0 })
makeSchedule('monitor', { target: monitor, expression: 'cron(0/5 * * * ? *)', maxAgeSeconds: 60, retries: 0 })
