import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RecordingError } from './errors.ts'

const RecordedResponse = z.looseObject({
  status_code: z.int().min(100).max(599),
  data: z.record(z.string(), z.unknown()),
})
/** One recorded answer or error of AWS, in the layout that botocore's placebo writes. */
export type RecordedResponse = z.infer<typeof RecordedResponse>

/**
 * Undefined when there is no such file.
 * @throws RecordingError which names the file and what is wrong with it
 */
export async function readRecording(path: string): Promise<RecordedResponse | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const result = RecordedResponse.safeParse(parseJson(path, text))
  if (result.success) return result.data
  throw new RecordingError(
    `${path} is not a recorded response {"status_code": 200, "data": {…}}:\n${z.prettifyError(result.error)}`,
    { cause: result.error },
  )
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
