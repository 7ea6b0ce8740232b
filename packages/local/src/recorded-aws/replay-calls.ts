import { join } from 'node:path'
import { operationOf, type SdkMiddleware } from '@polo/collectors'
import { RecordedServiceError, RecordingError } from './errors.ts'
import { isOfTwinApi } from './load-balancer-twins.ts'
import { missingRecording } from './missing-recording.ts'
import { type AnswerSchema, answerSchemaOf, readAnswer } from './read-answer.ts'
import { type RecordedResponse, readRecording } from './read-recording.ts'

/** How far one operation's recording is used up. */
interface Progress {
  used: number
  readonly skipped: string[]
}

/** A middleware that answers each call from `<directory>/<prefix>.<Operation>_<n>.json`, n counting from 1 per operation. */
export function replayCalls(directory: string, prefix: string): SdkMiddleware {
  const progress = new Map<string, Progress>()
  return (_next, context) => async () => {
    const call = `${prefix}.${operationOf(context)}`
    const operationSchema = operationSchemaOf(context)
    const state = progress.get(call) ?? { used: 0, skipped: [] }
    progress.set(call, state)
    for (;;) {
      const index = ++state.used
      const file = `${call}_${index}.json`
      const path = join(directory, file)
      const response = await readRecording(path)
      if (!response) {
        state.used = index - 1
        throw await missingRecording({ directory, call, index, skipped: state.skipped })
      }
      if (response.status_code >= 400) throw toServiceError(response)
      if (!isOfTwinApi(prefix, operationSchema, response.data)) {
        return toOutput(path, response, answerSchemaOf(operationSchema))
      }
      state.skipped.push(file)
    }
  }
}

function toServiceError({ status_code, data }: RecordedResponse): RecordedServiceError {
  const code = textOf(data.Error, 'Code') ?? 'UnknownError'
  return new RecordedServiceError({
    code,
    message: textOf(data.Error, 'Message') ?? textOf(data, 'message') ?? code,
    status: status_code,
    requestId: textOf(data.ResponseMetadata, 'RequestId'),
  })
}

function toOutput(path: string, { status_code, data }: RecordedResponse, schema: AnswerSchema): object {
  const requestId = textOf(data.ResponseMetadata, 'RequestId')
  const $metadata = { httpStatusCode: status_code, ...(requestId === undefined ? {} : { requestId }) }
  try {
    return { response: { statusCode: status_code }, output: { $metadata, ...readAnswer(data, schema) } }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingError(`${path} is not usable: ${reason}`, { cause })
  }
}

function textOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const member: unknown = Reflect.get(value, key)
  return typeof member === 'string' || typeof member === 'number' ? String(member) : undefined
}

function operationSchemaOf(context: Readonly<Record<PropertyKey, unknown>>): unknown {
  const smithy = context.__smithy_context
  return typeof smithy === 'object' && smithy !== null ? Reflect.get(smithy, 'operationSchema') : undefined
}
