import { IsoTime } from '@polo/core'
import * as z from 'zod'

/**
 * A job that was given up, as Lambda's on-failure destination writes it
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
 */
export const DeadJob = z.looseObject({
  version: z.string(),
  timestamp: IsoTime,
  requestContext: z.looseObject({
    requestId: z.string(),
    functionArn: z.string(),
    /** 'RetriesExhausted', or 'EventAgeExceeded' for one that waited too long to be begun, or begun again. */
    condition: z.string(),
    approximateInvokeCount: z.int().nonnegative(),
  }),
  /** The JobMessage, as it was sent. */
  requestPayload: z.unknown(),
  responseContext: z
    .looseObject({ statusCode: z.int(), executedVersion: z.string(), functionError: z.string().nullish() })
    .nullish(),
  /** What the last attempt threw. */
  responsePayload: z
    .looseObject({ errorType: z.string().optional(), errorMessage: z.string().optional() })
    .nullish(),
})
export type DeadJob = z.infer<typeof DeadJob>
