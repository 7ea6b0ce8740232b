import type { CollectorRun, PoloConfig } from '@polo/core'
import { describeError } from '../classify-failure.ts'
import type { BlockSink } from '../publish/block-sink.ts'
import { STOP_EARLY_MS } from '../run/run-collector.ts'
import { publishRunRecord } from '../run/run-records.ts'
import { createTimeLimit } from '../run/time-limit.ts'
import { type AccountRuns, createAccountRuns } from './account-runs.ts'
import { NothingToReadError } from './errors.ts'
import type { FileContext, FileFinding, FileReader } from './file-reader.ts'
import { findFiles } from './find-files.ts'

export interface CollectFilesOptions {
  readonly reader: FileReader
  /** Files, and directories of files. */
  readonly paths: readonly string[]
  readonly slot: Date
  readonly sink: BlockSink
  readonly config: PoloConfig
  /** What the attempt may take; it stops `STOP_EARLY_MS` before that and reports what it has. */
  readonly timeoutMs: number
  /** Ends the attempt early, as if its time were up. */
  readonly signal: AbortSignal
  readonly onProgress?: (summary: FilesSummary) => void
}

/** What files came to. */
export interface FilesSummary {
  readonly files: number
  /** Files of directories that were left alone: their names end otherwise. */
  readonly other_files: number
  readonly records: number
  /** Events that were made of them. */
  readonly events: number
  /** Records of no interest to the collector. */
  readonly left_out: number
  /** Records that are older than their events are kept, and so left out, too. */
  readonly expired: number
  /** Records, and parts of files, that could not be read. */
  readonly unreadable: number
  /** The first of those, each with its file. */
  readonly problems: readonly string[]
}

export interface FilesResult {
  readonly runs: readonly CollectorRun[]
  readonly summary: FilesSummary
}

const MAX_PROBLEMS = 100

/**
 * Reads files for a collector that is otherwise told what happens, and publishes what they hold, with a run for each
 * account that they name. Memory stays flat however many and large they are.
 * @throws MissingFileError for a path where nothing is
 * @throws NothingToReadError where the files name no account
 * @throws PublishError when the queue does not take a run's record
 */
export async function collectFiles(options: CollectFilesOptions): Promise<FilesResult> {
  const { reader, sink, config, timeoutMs } = options
  const startedAt = new Date()
  const timeLimit = createTimeLimit(timeoutMs - STOP_EARLY_MS, options.signal)
  const { signal } = timeLimit
  const summary = startSummary()
  const runs = createAccountRuns({
    ...options,
    startedAt,
    keptDays: config.retentionDays[reader.eventType],
    onFailure: () => timeLimit.stop('the queue takes no more blocks'),
  })
  try {
    const kinds = { ends: reader.fileEnds, onOther: () => summary.other_files++ }
    for await (const path of findFiles(options.paths, kinds)) {
      if (signal.aborted) break
      const findings = readFile(path, reader, { config, observedAt: startedAt })
      await takeFile(path, findings, { reader, runs, summary, signal })
      options.onProgress?.(summary)
    }
    const records = await runs.finish(signal.aborted ? signal.reason : undefined)
    if (records.length === 0) throw whyNothing(options, { signal, summary })
    for (const record of records) await publishRunRecord(sink, record)
    return { runs: records, summary }
  } finally {
    timeLimit.clear()
  }
}

type Counting = { -readonly [Key in keyof FilesSummary]: FilesSummary[Key] } & { problems: string[] }

function startSummary(): Counting {
  return {
    files: 0,
    other_files: 0,
    records: 0,
    events: 0,
    left_out: 0,
    expired: 0,
    unreadable: 0,
    problems: [],
  }
}

/** What is in a file; that it could not be read to its end is a finding, too. */
async function* readFile(
  path: string,
  reader: FileReader,
  context: FileContext,
): AsyncGenerator<FileFinding> {
  try {
    yield* reader.read(path, context)
  } catch (error) {
    // Of the file system and of zlib; the rest are mistakes of ours.
    if (!(error instanceof Error && 'code' in error)) throw error
    yield { kind: 'unreadable', what: `it cannot be read to its end: ${describeError(error)}` }
  }
}

interface Taking {
  readonly reader: FileReader
  readonly runs: AccountRuns
  readonly summary: Counting
  readonly signal: AbortSignal
}

/** What does not say whose it is, is of the accounts that the file's name or the rest of it says. */
async function takeFile(
  path: string,
  findings: AsyncIterable<FileFinding>,
  { reader, runs, summary, signal }: Taking,
): Promise<void> {
  const accounts = new Set<string>()
  const homeless: string[] = []
  let unnamed = 0
  const { account: ofFile, region: regionOfFile } = reader.placeOf(path)
  summary.files++
  for await (const finding of findings) {
    if (signal.aborted) return
    const { account = ofFile, region = regionOfFile } = finding
    if (account) accounts.add(account)
    count(finding, path, summary)
    if (finding.kind === 'events') await runs.publish(finding)
    else if (finding.kind === 'other') await runs.countOther({ account, region })
    else if (finding.kind === 'expired') await runs.countExpired(finding)
    else if (account) await runs.reject({ account, region, what: `${path}: ${finding.what}` })
    else if (homeless.length < MAX_PROBLEMS) homeless.push(`${path}: ${finding.what}`)
    else unnamed++
  }
  const [first, ...others] = homeless
  if (first === undefined) return
  // Those without a name are counted with the first.
  for (const [what, more] of [[first, unnamed] as const, ...others.map((what) => [what, 0] as const)]) {
    if (accounts.size === 0) runs.rejectEverywhere({ what, more })
    for (const account of accounts) await runs.reject({ account, what, more })
  }
}

function count(finding: FileFinding, path: string, summary: Counting): void {
  if (finding.kind === 'unreadable') {
    summary.unreadable++
    if (summary.problems.length < MAX_PROBLEMS) summary.problems.push(`${path}: ${finding.what}`)
    return
  }
  summary.records++
  if (finding.kind === 'other') summary.left_out++
  else if (finding.kind === 'expired') summary.expired++
  else summary.events += finding.events.length
}

function whyNothing(
  options: CollectFilesOptions,
  { signal, summary }: { readonly signal: AbortSignal; readonly summary: FilesSummary },
): unknown {
  if (options.signal.aborted) return options.signal.reason
  return signal.aborted ? signal.reason : nothingToRead(options, summary)
}

function nothingToRead({ reader, paths }: CollectFilesOptions, summary: FilesSummary): NothingToReadError {
  const where = paths.join(', ')
  const [problem] = summary.problems
  if (summary.files === 0) {
    const ends = reader.fileEnds.join(', ')
    return new NothingToReadError(
      `${where}: there is no file to read; of a directory, those ending in ${ends} are`,
    )
  }
  const first = problem ? ` (${problem})` : ''
  return new NothingToReadError(
    `${where}: there is no ${reader.noun} in it${first}. Expected are ${reader.expected}`,
  )
}
