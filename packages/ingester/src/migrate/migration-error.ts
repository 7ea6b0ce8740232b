/** The schema could not be brought up to date; the message says at which step and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}
