/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  app({ stage }) {
    const isProduction = stage === 'production'
    return {
      name: 'polo',
      home: 'aws',
      providers: { aws: '7.20.0' },
      removal: isProduction ? 'retain' : 'remove',
      protect: isProduction,
    }
  },
  async run() {
    const { queues } = await import('./infra/queues.ts')
    const { stateBucket } = await import('./infra/state-bucket.ts')
    const { hubBus } = await import('./infra/lifecycle.ts')
    await import('./infra/queue-policies.ts')
    await import('./infra/clickhouse-reader.ts')
    const { operator } = await import('./infra/operator.ts')
    const { physicalName } = await import('./infra/names.ts')
    await import('./infra/schedules.ts')
    await import('./infra/alarms.ts')
    return {
      eventsQueue: queues.events.url,
      backfillQueue: queues.backfill.url,
      deadLetterQueue: queues.eventsDlq.url,
      jobsDeadLetterQueue: queues.jobsDlq.url,
      stateBucket: stateBucket.name,
      hubBus: hubBus.arn,
      ingester: physicalName('ingester'),
      dispatcher: physicalName('dispatcher'),
      operatorRole: operator.arn,
    }
  },
})
