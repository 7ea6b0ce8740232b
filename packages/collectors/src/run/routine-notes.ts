import { FIRST_LOOK } from '../aws/tags.ts'
import { FROM_FILES } from '../files/account-run.ts'

const ROUTINE = [FIRST_LOOK, FROM_FILES]

/** Whether a run's note tells what the run did, and nothing that is missing or that anybody could do something about. */
export function isRoutineNote(note: string): boolean {
  return ROUTINE.some((words) => note.includes(words))
}
