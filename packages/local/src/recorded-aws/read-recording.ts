import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RecordingError } from './errors.ts'

const RecordedResponse = z.looseObject({
  status_code: z.int().min(100).max(599),
  data: z.record(z.string(), z.unknown()),
})
/** One recorded answer or error of AWS, in the layout that botocore's placebo writes. */
export type RecordedResponse = z.infer<typeof RecordedResponse>

const RecordedAnswers = z.looseObject({
  /** `for` is what a question must have to get the answer; `{}` fits every one. */
  answers: z
    .array(z.looseObject({ ...RecordedResponse.shape, for: z.record(z.string(), z.unknown()) }))
    .min(1),
})

/**
 * Undefined when there is no such file.
 * @throws RecordingError which names the file and what is wrong with it
 */
export function readRecording(path: string): Promise<RecordedResponse | undefined> {
  return readAs(path, RecordedResponse, 'a recorded response {"status_code": 200, "data": {…}}')
}

/**
 * Answers of one operation that depend on what is asked; undefined when there is no such file.
 * @throws RecordingError which names the file and what is wrong with it
 */
export async function readAnswers(path: string) {
  const shape = 'a list of answers {"answers": [{"for": {…}, "status_code": 200, "data": {…}}]}'
  return (await readAs(path, RecordedAnswers, shape))?.answers
}

async function readAs<Value>(
  path: string,
  schema: z.ZodType<Value>,
  shape: string,
): Promise<Value | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const result = schema.safeParse(parseJson(path, text))
  if (result.success) return result.data
  throw new RecordingError(`${path} is not ${shape}:\n${z.prettifyError(result.error)}`, {
    cause: result.error,
  })
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) {
      return undefined
    }
    throw new RecordingError(`${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RecordingError(`${path} is not valid JSON (half-written?): ${reasonOf(cause)}`, { cause })
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
