/** A file or directory that was named is not there, or may not be read; the message names it. */
export class MissingFileError extends Error {
  override name = 'MissingFileError'
}

/** Files hold nothing that the collector could read; the message says what they should hold. */
export class NothingToReadError extends Error {
  override name = 'NothingToReadError'
}
