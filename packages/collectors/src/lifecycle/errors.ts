/** A message is no event of EventBridge's, or not what its detail-type says; trying again does not help. */
export class UnreadableEventError extends Error {
  override name = 'UnreadableEventError'
}
