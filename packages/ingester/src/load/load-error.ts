/** Why something could not be loaded, in words for who operates Polo. */
export class LoadError extends Error {
  override name = 'LoadError'
  /** Trying it again would end the same way. */
  readonly isFinal: boolean
  constructor(message: string, { isFinal = false, ...options }: ErrorOptions & { isFinal?: boolean } = {}) {
    super(message, options)
    this.isFinal = isFinal
  }
}
