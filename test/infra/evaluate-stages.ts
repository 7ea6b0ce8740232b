import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { TestProject } from 'vitest/node'
import type { FileEdit } from './synth/bundle-config.ts'
import { synthesize } from './synth/synth.ts'
import type { SynthOptions, SynthResult } from './synth/synth-types.ts'

export const ORGANIZATION = 'o-a1b2c3d4e5'
export const PAYER = '444455556666'
export const BILLING_BUCKET = 'acme-billing'
export const BILLING_KEY = 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab'
export const CLICKHOUSE = 'arn:aws:iam::777788889999:role/CH-S3-acme'

/** `polo.config.ts` of a company that has an organization. */
export const CONFIGURED: FileEdit = {
  file: 'polo.config.ts',
  find: "organization: 'organization',",
  replace: `organization: 'organization', organizationId: '${ORGANIZATION}', payerAccount: '${PAYER}',
  clickHousePrincipal: '${CLICKHOUSE}',
  costExports: [{ name: 'org', bucket: '${BILLING_BUCKET}', prefix: 'exports/org/', region: 'us-east-1',
    kmsKeyArn: '${BILLING_KEY}' }],`,
}

/** The stages that tests look at. Production has all that can be configured. */
export const STAGES = {
  production: {
    stage: 'production',
    edits: [CONFIGURED],
    environment: {
      ALARM_EMAIL: 'ops@example.com',
      POLO_CLICKHOUSE_TARGET: 'cluster',
      POLO_CLICKHOUSE_CLUSTER: 'main',
    },
  },
  staging: { stage: 'staging' },
  stagingPaused: { stage: 'staging', environment: { POLO_SCHEDULES: 'off' } },
  personal: { stage: 'ana', environment: { POLO_DATABASE: 'polo_ana' } },
  dev: { stage: 'ana', dev: true, environment: { POLO_SCHEDULES: 'on' } },
} as const satisfies Record<string, SynthOptions>
export type StageName = keyof typeof STAGES

declare module 'vitest' {
  export interface ProvidedContext {
    stages: Readonly<Record<StageName, SynthResult>>
    /** Of production's handlers. */
    bundles: string
  }
}

/** Once for all test files: each stage takes some seconds. Production's handlers are bundled, too. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const limit = pLimit(2)
  const bundles = await mkdtemp(join(tmpdir(), 'polo-bundles-'))
  const evaluate = (options: SynthOptions) => limit(() => synthesize(options))
  const [production, staging, stagingPaused, personal, dev] = await Promise.all([
    evaluate({ ...STAGES.production, bundleInto: bundles }),
    evaluate(STAGES.staging),
    evaluate(STAGES.stagingPaused),
    evaluate(STAGES.personal),
    evaluate(STAGES.dev),
  ])
  project.provide('bundles', bundles)
  project.provide('stages', { production, staging, stagingPaused, personal, dev })
  return () => rm(bundles, { recursive: true, force: true })
}
