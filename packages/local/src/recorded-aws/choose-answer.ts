import { isDeepStrictEqual } from 'node:util'
import { MissingRecordingError } from './errors.ts'
import { type RecordedResponse, readAnswers } from './read-recording.ts'

const SHOWN_CHARACTERS = 300

/**
 * The first of a file's answers that is for what is asked; undefined when there is no such file.
 * @throws MissingRecordingError when none of them is
 */
export async function chooseAnswer(path: string, input: unknown): Promise<RecordedResponse | undefined> {
  const answers = await readAnswers(path)
  if (!answers) return undefined
  const answer = answers.find((candidate) => hasAll(input, candidate.for))
  if (answer) return answer
  const asked = JSON.stringify(input)?.slice(0, SHOWN_CHARACTERS)
  throw new MissingRecordingError(`${path} has no answer for ${asked}`)
}

/** Whether `value` has every member that `wanted` names, at any depth; lists are compared whole. */
function hasAll(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    return isDeepStrictEqual(value, wanted)
  }
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(wanted).every(([key, member]) => hasAll(Reflect.get(value, key), member))
}
