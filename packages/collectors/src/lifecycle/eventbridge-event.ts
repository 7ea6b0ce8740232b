import * as z from 'zod'
import { EventTime } from './cloudtrail-record.ts'

export const AccountId = z.string().regex(/^\d{12}$/, 'not an AWS account id')

/** What EventBridge hands on, as far as it is read here: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export const EventBridgeEvent = z.object({
  id: z.string().min(1),
  'detail-type': z.string().min(1),
  source: z.string().min(1),
  /** Whose event it is, also where another account's bus forwarded it. */
  account: AccountId,
  time: EventTime,
  region: z.string().min(1),
  resources: z.array(z.string()).catch([]),
  detail: z.record(z.string(), z.unknown()),
})
export type EventBridgeEvent = z.infer<typeof EventBridgeEvent>
