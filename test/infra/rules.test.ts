import { describe, expect, it } from 'vitest'
import { brokenRules } from './rules.ts'
import { STAGE_NAMES, stageOf } from './stages.ts'
import { SECRETS } from './synth/synth.ts'

describe.each(STAGE_NAMES)('every resource of %s', (name) => {
  it('keeps to the rules', () => {
    expect(brokenRules(stageOf(name), Object.values(SECRETS))).toEqual([])
  })

  it('has a name within the limit of what it is', () => {
    const limits: Record<string, number> = {
      Queue: 80,
      Bucket: 63,
      Topic: 256,
      MetricAlarm: 255,
      EventBus: 256,
    }
    for (const { type, inputs } of stageOf(name).resources) {
      const physical = inputs.name ?? inputs.bucket
      if (typeof physical !== 'string' || type.includes('s3/bucket') !== 'bucket' in inputs) continue
      expect(physical.length, `${type} ${physical}`).toBeLessThanOrEqual(
        limits[type.split(':').at(-1) ?? ''] ?? 64,
      )
    }
  })
})
