import * as z from 'zod'

/** What nobody relies on is not missed where it is not as it should be: records are many versions old, or edited. */
const Text = z.string().optional().catch(undefined)

const Issuer = z.object({ arn: Text, userName: Text })
const SessionContext = z.object({
  sessionIssuer: Issuer.optional().catch(undefined),
  sourceIdentity: Text,
  webIdFederationData: z.object({ federatedProvider: Text }).optional().catch(undefined),
})

/** Who did something; which fields there are depends on `type`: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export const UserIdentity = z.object({
  type: Text,
  arn: Text,
  accountId: Text,
  principalId: Text,
  userName: Text,
  invokedBy: Text,
  identityProvider: Text,
  sessionContext: SessionContext.optional().catch(undefined),
  onBehalfOf: z.object({ userId: Text }).optional().catch(undefined),
})
export type UserIdentity = z.infer<typeof UserIdentity>

/** Exports of CloudTrail Lake and of Athena write `2022-10-14 00:35:36.000`, which is in UTC, too. */
export const EventTime = z
  .string()
  .transform((text) => text.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)$/, '$1T$2Z'))
  .pipe(z.iso.datetime({ offset: true }))

/** Some exports have requests and answers as the JSON that they are. */
const Parameters = z
  .unknown()
  .transform((value) => (typeof value === 'string' ? (parseText(value) ?? value) : value))
  .optional()

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Enough of a record of CloudTrail's to see whether it is one of a lifecycle call. */
export const RecordHead = z.object({
  eventName: z.string().min(1),
  eventSource: z.string().min(1),
  eventType: Text,
})

/** What CloudTrail says of a call, or of what a service did: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export const CloudTrailRecord = RecordHead.extend({
  /** Records of before 2014 have none. */
  eventID: Text,
  eventTime: EventTime,
  awsRegion: Text,
  recipientAccountId: Text,
  userIdentity: UserIdentity.catch({}),
  sourceIPAddress: Text,
  userAgent: Text,
  requestID: Text,
  /** Set where AWS refused the call or it failed. */
  errorCode: Text,
  errorMessage: Text,
  requestParameters: Parameters,
  responseElements: Parameters,
  /** What a service did, in place of the two above. */
  serviceEventDetails: Parameters,
  /** Of a record that completes another: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
  addendum: z.object({ originalEventID: Text }).optional().catch(undefined),
})
export type CloudTrailRecord = z.infer<typeof CloudTrailRecord>
