import type { Outcome } from '@polo/core'
import * as z from 'zod'
import { classifyAwsError } from './classify-aws-error.ts'
import { MemoryError, PublishError, TimeIsUpError } from './errors.ts'
import { redact } from './redact.ts'

/** What an error that ended a source or an attempt means, and a line about it for people. */
export function classifyFailure(error: unknown): { outcome: Outcome; message: string } {
  if (error instanceof TimeIsUpError) return { outcome: 'partial', message: redact(error.message) }
  // Their cause is a refusal of SQS or S3, which says nothing of the account that was looked at.
  if (error instanceof PublishError || error instanceof MemoryError)
    return { outcome: 'failed', message: redact(error.message) }
  return classifyAwsError(error)
}

/** An error as one line that holds no secret. */
export function describeError(error: unknown): string {
  if (error instanceof z.ZodError) return redact(z.prettifyError(error))
  return redact(error instanceof Error ? error.message : String(error))
}
