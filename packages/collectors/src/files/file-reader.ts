import type { EventType, PoloConfig, ResourceEvent } from '@polo/core'

/** Where something is, as far as it is told. */
export interface FoundIn {
  readonly account?: string | undefined
  readonly region?: string | undefined
}

/** One thing that stands in a file. */
export type FileFinding =
  | {
      readonly kind: 'events'
      readonly account: string
      readonly region: string
      readonly events: readonly ResourceEvent[]
    }
  /** Of no interest to the collector, as most of a trail's records are. */
  | ({ readonly kind: 'other' } & FoundIn)
  /** Older than its events are kept: stored, it would be deleted at once. */
  | { readonly kind: 'expired'; readonly account: string; readonly region: string }
  | ({ readonly kind: 'unreadable'; readonly what: string } & FoundIn)

export interface FileContext {
  readonly config: PoloConfig
  /** When the attempt started. */
  readonly observedAt: Date
}

/** How a collector that is told what happens reads it from files, by hand or for backfill. */
export interface FileReader {
  /** The collector's name. */
  readonly collector: string
  /** The option of `polo collect` that names the files. */
  readonly option: 'events' | 'path'
  /** What its events are, for how long they are kept. */
  readonly eventType: EventType
  /** What one thing in a file is called: 'record'. */
  readonly noun: string
  /** The ends of the names of files that are read of a directory. */
  readonly fileEnds: readonly string[]
  /** What a file has to hold, for who named one that does not. */
  readonly expected: string
  /** What a file's path says of where its things are. */
  placeOf(path: string): FoundIn
  /**
   * Reads a file with the memory of one thing in it; what cannot be read is a finding.
   * @throws what the file system and decompression throw, after all that could be read
   */
  read(path: string, context: FileContext): AsyncIterable<FileFinding>
}
