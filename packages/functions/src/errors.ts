/** A resource is not linked to the function, or its link holds something else than it should; the message names it. */
export class LinkError extends Error {
  override name = 'LinkError'
}
