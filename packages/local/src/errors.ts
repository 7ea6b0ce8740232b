/** A server that runs on this machine could not start or stopped by itself; `name` tells which one. */
export class LocalServerError extends Error {
  override name = 'LocalServerError'
}

/** Another process holds the data directory: one process at a time may. */
export class DataDirectoryInUseError extends Error {
  override name = 'DataDirectoryInUseError'
}

/** The error of who finds `dataDir` taken by process `pid`, which may be unknown. */
export function dataDirectoryInUse(
  { dataDir, pid }: { dataDir: string; pid: number | undefined },
  cause: unknown,
): DataDirectoryInUseError {
  const owner = pid === undefined ? '' : ` (process ${pid})`
  return new DataDirectoryInUseError(
    `The data directory ${dataDir} is in use by another Polo command${owner}. Wait until that one has ended, ` +
      'or run polo up, which commands share; or choose another directory with --data-dir or POLO_DATA_DIR.',
    { cause },
  )
}

/** The port that was asked for is taken. */
export class PortInUseError extends Error {
  override name = 'PortInUseError'
}

/** What was published is not in the database yet, and nothing moves. */
export class ReconciliationTimeoutError extends Error {
  override name = 'ReconciliationTimeoutError'
}
