import { inject } from 'vitest'
import type { StageName } from './evaluate-stages.ts'
import { type Estate, toEstate } from './synth/estate.ts'

/** A stage as it was evaluated before the tests. */
export function stageOf(name: StageName): Estate {
  return toEstate(inject('stages')[name])
}

export const STAGE_NAMES = ['production', 'staging', 'stagingPaused', 'personal', 'dev'] as const
