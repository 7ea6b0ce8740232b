import { join } from 'node:path'
import { operationOf, type SdkMiddleware } from '@polo/collectors'
import { chooseAnswer } from './choose-answer.ts'
import { RecordedServiceError, RecordingError } from './errors.ts'
import { isOfTwinApi } from './load-balancer-twins.ts'
import { missingRecording } from './missing-recording.ts'
import { type AnswerSchema, answerSchemaOf, readAnswer } from './read-answer.ts'
import { type RecordedResponse, readRecording } from './read-recording.ts'
import { repeatAsAsked } from './repeat-as-asked.ts'

/** How far one operation's recording is used up. */
interface Progress {
  used: number
  readonly skipped: string[]
}

/**
 * A middleware that answers each call from `<directory>/<prefix>.<Operation>_<n>.json`, n counting from 1 per operation;
 * or, where there is one, from `<prefix>.<Operation>.json`, whose answers name the questions that they are for.
 */
export function replayCalls(directory: string, prefix: string): SdkMiddleware {
  const progress = new Map<string, Progress>()
  return (_next, context) =>
    async ({ input }) => {
      const call = `${prefix}.${operationOf(context)}`
      const operationSchema = operationSchemaOf(context)
      const answered = (path: string, response: RecordedResponse) =>
        toOutput(path, response, { input, schema: answerSchemaOf(operationSchema) })
      const byQuestion = join(directory, `${call}.json`)
      const chosen = await chooseAnswer(byQuestion, input)
      if (chosen) return answered(byQuestion, chosen)
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
        const isError = response.status_code >= 400
        if (isError || !isOfTwinApi(prefix, operationSchema, response.data)) return answered(path, response)
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

interface Question {
  readonly input: unknown
  readonly schema: AnswerSchema
}

/** @throws RecordedServiceError where an error was recorded */
function toOutput(path: string, response: RecordedResponse, { input, schema }: Question): object {
  const { status_code, data } = response
  if (status_code >= 400) throw toServiceError(response)
  const requestId = textOf(data.ResponseMetadata, 'RequestId')
  const $metadata = { httpStatusCode: status_code, ...(requestId === undefined ? {} : { requestId }) }
  try {
    const answer = readAnswer(repeatAsAsked(data, { input, now: new Date() }), schema)
    return { response: { statusCode: status_code }, output: { $metadata, ...answer } }
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
