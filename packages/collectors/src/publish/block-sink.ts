/** Takes message bodies for good: a queue, or (`--direct`) the ingester itself. */
export interface BlockSink {
  /**
   * Resolves when the body is safe.
   * @throws PublishError when it was not taken after all retries
   */
  send(body: string): Promise<void>
}
