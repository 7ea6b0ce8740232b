/** Lambda would refuse to create this event source mapping. */
export class InvalidEventSourceMappingError extends Error {
  override name = 'InvalidEventSourceMappingError'
}

export interface MappingSettings {
  /** The queue's. */
  visibilityTimeoutSeconds: number
  functionTimeoutMs: number
  /** 1 to 10,000; 10 by default. Over 10 needs a window of a second and more. */
  batchSize: number
  /** 0 to 300; 0 (the default) delivers what a receive brought. */
  maximumBatchingWindowSeconds: number
  /** Invocations at the same time, 2 to 1,000; 2 by default. */
  maximumConcurrency: number
}

/**
 * Refuses what Lambda refuses at the creation of a mapping.
 * @throws InvalidEventSourceMappingError
 */
export function checkSettings(queueUrl: string, settings: MappingSettings): void {
  const { batchSize, maximumBatchingWindowSeconds, maximumConcurrency } = settings
  const functionTimeoutSeconds = settings.functionTimeoutMs / 1_000
  within('batchSize', batchSize, [1, 10_000])
  within('maximumBatchingWindowSeconds', maximumBatchingWindowSeconds, [0, 300])
  checkMaximumConcurrency(maximumConcurrency)
  if (queueUrl.endsWith('.fifo')) refuse(`${queueUrl} is a FIFO queue; only standard queues are supported`)
  if (batchSize > 10 && maximumBatchingWindowSeconds < 1) {
    refuse(`A batchSize of ${batchSize}, over 10, needs a maximumBatchingWindowSeconds of at least 1`)
  }
  if (!(functionTimeoutSeconds > 0 && functionTimeoutSeconds <= 900)) {
    refuse(`functionTimeoutMs is ${settings.functionTimeoutMs}; it must be over 0 and at most 900000`)
  }
  if (functionTimeoutSeconds > settings.visibilityTimeoutSeconds) {
    refuse(
      `The queue's visibility timeout of ${settings.visibilityTimeoutSeconds} seconds is less than the ` +
        `function's timeout of ${functionTimeoutSeconds} seconds; Lambda recommends six times as much`,
    )
  }
}

/** @throws InvalidEventSourceMappingError */
export function checkMaximumConcurrency(invocations: number): void {
  within('maximumConcurrency', invocations, [2, 1_000])
}

function within(name: string, value: number, [least, most]: [number, number]): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(`${name} is ${value}; it must be a whole number from ${least} to ${most}`)
  }
}

function refuse(message: string): never {
  throw new InvalidEventSourceMappingError(message)
}
