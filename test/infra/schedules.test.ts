import { COLLECTORS, DispatchRequest } from '@polo/collectors'
import { awsScheduleExpression, maxEventAgeSeconds } from '@polo/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { stageOf } from './stages.ts'
import type { Estate } from './synth/estate.ts'
import { ACCOUNT, REGION } from './synth/mock-aws.ts'

const production = stageOf('production')
const kebab = (name: string) => name.replaceAll('_', '-')
const functionArn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:polo-production-${name}`
const Target = z.looseObject({ input: z.string() })

function scheduleOf(name: string) {
  const { inputs } = production.one('Schedule', `polo-production-schedule-${name}`)
  return { inputs, event: z.json().parse(JSON.parse(Target.parse(inputs.target).input)) }
}

function expected(
  name: string,
  expression: string,
  maximumRetryAttempts: number,
  maximumEventAgeInSeconds: number,
) {
  return {
    name: `polo-production-schedule-${name}`,
    scheduleExpression: expression,
    scheduleExpressionTimezone: 'UTC',
    flexibleTimeWindow: { mode: 'OFF' },
    state: 'ENABLED',
    target: {
      roleArn: `arn:aws:iam::${ACCOUNT}:role/polo-production-schedule-${name}`,
      retryPolicy: { maximumRetryAttempts, maximumEventAgeInSeconds },
      deadLetterConfig: { arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:polo-production-jobs-dlq` },
    },
  }
}

describe('schedules', () => {
  it('are one for every collector, and those of probe, monitor and loader', () => {
    const names = production.all('Schedule').map(({ inputs }) => inputs.name)
    const functions = [
      ...COLLECTORS.map(({ name }) => `collect-${kebab(name)}`),
      'probe',
      'monitor',
      'loader',
    ]
    expect(names.sort()).toEqual(functions.map((name) => `polo-production-schedule-${name}`).sort())
  })

  it.each(COLLECTORS.map((collector) => [collector.name, collector] as const))(
    '%s is dispatched as it says, with the time that the firing is for',
    (_, { name, scope, schedule, budgetShare }) => {
      const { inputs, event } = scheduleOf(`collect-${kebab(name)}`)
      const age = maxEventAgeSeconds(schedule)
      expect(inputs).toMatchObject(
        expected(`collect-${kebab(name)}`, awsScheduleExpression(schedule), 5, age),
      )
      expect(inputs).toMatchObject({ target: { arn: functionArn('dispatcher') } })
      expect(event).toEqual({
        collector: name,
        scope,
        schedule,
        ...(budgetShare && { budgetShare }),
        scheduledTime: '<aws.scheduler.scheduled-time>',
      })
      const filled = { ...DispatchRequest.omit({ scheduledTime: true }).loose().parse(event) }
      expect(() => DispatchRequest.parse({ ...filled, scheduledTime: '2026-01-15T10:15:00Z' })).not.toThrow()
    },
  )

  it('fire at these times', () => {
    const expressions = production
      .all('Schedule')
      .map(({ inputs }) => [inputs.name, inputs.scheduleExpression])
    expect(Object.fromEntries(expressions)).toMatchObject({
      'polo-production-schedule-collect-account-discovery': 'cron(30 0 * * ? *)',
      'polo-production-schedule-collect-config-ec2': 'cron(0/15 * * * ? *)',
      'polo-production-schedule-collect-config-sagemaker': 'cron(0/15 * * * ? *)',
      'polo-production-schedule-collect-ipv4': 'cron(0/15 * * * ? *)',
      'polo-production-schedule-collect-relationships': 'cron(0/15 * * * ? *)',
      'polo-production-schedule-collect-tags': 'cron(0/15 * * * ? *)',
      'polo-production-schedule-collect-metrics': 'cron(0/5 * * * ? *)',
      'polo-production-schedule-probe': 'cron(* * * * ? *)',
      'polo-production-schedule-monitor': 'cron(0/5 * * * ? *)',
      'polo-production-schedule-loader': 'cron(* * * * ? *)',
      'polo-production-schedule-collect-cost-cur': 'cron(30 5 * * ? *)',
      'polo-production-schedule-collect-cost-explorer': 'cron(30 5 * * ? *)',
      'polo-production-schedule-collect-savings-plans': 'cron(0 6 * * ? *)',
      'polo-production-schedule-collect-pricing': 'cron(0 4 ? * SUN *)',
    })
  })

  it.each(['probe', 'monitor', 'loader'])('%s is tried again within its minute', (name) => {
    const { inputs } = scheduleOf(name)
    expect(inputs).toMatchObject({
      target: {
        arn: functionArn(name),
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
      },
    })
  })

  it('are paused in personal stages until they are turned on', () => {
    const states = (estate: Estate) => new Set(estate.all('Schedule').map(({ inputs }) => inputs.state))
    expect(states(production)).toEqual(new Set(['ENABLED']))
    expect(states(stageOf('staging'))).toEqual(new Set(['ENABLED']))
    expect(states(stageOf('personal'))).toEqual(new Set(['DISABLED']))
    expect(states(stageOf('dev'))).toEqual(new Set(['ENABLED']))
  })
})
