import { lifecycleFiles } from '../lifecycle/read-lifecycle-file.ts'
import type { FileReader } from './file-reader.ts'

/** How collectors that are told what happens read it from files. */
export const FILE_READERS: readonly FileReader[] = [lifecycleFiles]
