import * as z from 'zod'

/** What EventBridge hands on, as far as it is read here: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export const EventBridgeEvent = z.object({
  id: z.string().min(1),
  'detail-type': z.string().min(1),
  source: z.string().min(1),
  /** Whose event it is, also where another account's bus forwarded it. */
  account: z.string().regex(/^\d{12}$/),
  time: z.iso.datetime(),
  region: z.string().min(1),
  resources: z.array(z.string()).default([]),
  detail: z.record(z.string(), z.unknown()),
})
export type EventBridgeEvent = z.infer<typeof EventBridgeEvent>

/** Who made a call; which fields there are depends on `type`: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export const UserIdentity = z.object({
  type: z.string().optional(),
  arn: z.string().optional(),
  accountId: z.string().optional(),
  principalId: z.string().optional(),
  userName: z.string().optional(),
  invokedBy: z.string().optional(),
})
export type UserIdentity = z.infer<typeof UserIdentity>

/** The detail of an API call, a CloudTrail record. */
export const ApiCall = z.object({
  eventID: z.string().min(1),
  eventName: z.string().min(1),
  eventSource: z.string().min(1),
  eventTime: z.iso.datetime(),
  userIdentity: UserIdentity.default({}),
  sourceIPAddress: z.string().optional(),
  userAgent: z.string().optional(),
  requestID: z.string().optional(),
  /** Set where AWS refused the call or it failed. */
  errorCode: z.string().optional(),
  requestParameters: z.unknown(),
  responseElements: z.unknown(),
})
export type ApiCall = z.infer<typeof ApiCall>

/** The detail of what EC2 itself says of an instance; an interruption has an action, a change a state. */
export const InstanceNotice = z.object({
  'instance-id': z.string().min(1),
  state: z.string().optional(),
  'instance-action': z.string().optional(),
})
