import { IsoTime, REGION_NAME, Schedule, TAG_FIELDS } from '@polo/core'
import * as z from 'zod'
import type { Collector } from '../collector.ts'

const AccountId = z.string().regex(/^\d{12}$/)
const Regions = z.array(z.string().regex(REGION_NAME)).min(1)

/** What a schedule sends to the dispatcher. It carries what the dispatcher needs to know of the collector. */
export const DispatchRequest = z.strictObject({
  collector: z.string().min(1),
  scope: z.enum(['account', 'organization', 'platform', 'derived']),
  schedule: Schedule,
  /** Its part of what paid calls may cost, see `Collector`. */
  budgetShare: z.number().min(0).max(1).optional(),
  /** `<aws.scheduler.scheduled-time>`: the firing that this is for, however late it comes. */
  scheduledTime: z.iso.datetime(),
})
export type DispatchRequest = z.infer<typeof DispatchRequest>

/** What a collector's schedule sends, but for the time. */
export function requestOf({
  name,
  scope,
  schedule,
  budgetShare,
}: Collector): Omit<DispatchRequest, 'scheduledTime'> {
  return { collector: name, scope, schedule, ...(budgetShare !== undefined && { budgetShare }) }
}

/** What the dispatcher sends to a collector's function: one job, with all that the function must know of the account. */
export const JobMessage = z.strictObject({
  v: z.literal(1),
  collector: z.string().min(1),
  slot: IsoTime,
  account: z.strictObject({
    id: AccountId,
    /** Its part in the organization, such as 'production'. */
    role: z.string(),
    tagDefaults: z.partialRecord(z.enum(TAG_FIELDS), z.string()),
  }),
  /** How the account is read. */
  access: z.strictObject({ roleArn: z.string().min(1), externalId: z.string().min(1) }),
  /** Exactly these, whether enabled or not; every enabled one if left out. */
  regions: Regions.optional(),
  /** What its paid calls may cost in a month, in US dollars. */
  budgetUsd: z.number().nonnegative().optional(),
  /** Of the enabled regions only these. */
  amongRegions: Regions.optional(),
})
export type JobMessage = z.infer<typeof JobMessage>
