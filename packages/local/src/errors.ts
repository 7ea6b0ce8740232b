/** A server that runs on this machine could not start or stopped by itself; `name` tells which one. */
export class LocalServerError extends Error {
  override name = 'LocalServerError'
}

/** Another process holds the data directory: one process at a time may. */
export class DataDirectoryInUseError extends Error {
  override name = 'DataDirectoryInUseError'
}

/** The port that was asked for is taken. */
export class PortInUseError extends Error {
  override name = 'PortInUseError'
}

/** What was published is not in the database yet, and nothing moves. */
export class ReconciliationTimeoutError extends Error {
  override name = 'ReconciliationTimeoutError'
}
