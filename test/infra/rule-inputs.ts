import * as z from 'zod'

// What the rules read of resources' inputs; a name that is too long, or a setting that is missing, is an error here.

export const FunctionInputs = z.looseObject({
  name: z.string().max(64),
  timeout: z.int().min(1).max(900),
  memorySize: z.int().min(128),
  role: z.string(),
  loggingConfig: z.object({ logFormat: z.literal('JSON'), logGroup: z.string() }),
  environment: z.object({ variables: z.record(z.string(), z.string()) }),
  reservedConcurrentExecutions: z.int().optional(),
  architectures: z.array(z.string()),
  runtime: z.string(),
})
export const MappingInputs = z.looseObject({
  eventSourceArn: z.string(),
  functionName: z.string(),
  batchSize: z.int(),
  maximumBatchingWindowInSeconds: z.int().default(0),
  functionResponseTypes: z.array(z.string()).default([]),
  scalingConfig: z.object({ maximumConcurrency: z.int().min(2) }),
})
export const QueueInputs = z.looseObject({
  name: z.string().max(80),
  visibilityTimeoutSeconds: z.int(),
  redrivePolicy: z.string().optional(),
  sqsManagedSseEnabled: z.boolean().optional(),
})
export const ScheduleInputs = z.looseObject({
  name: z.string().max(64),
  target: z.object({ arn: z.string() }),
})
