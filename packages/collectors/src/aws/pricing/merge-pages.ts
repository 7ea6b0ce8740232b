/** What a list of pages is about to give; never rejects, since nobody may wait for it any more. */
interface Next<Page> {
  readonly pages: AsyncIterator<Page>
  readonly result?: IteratorResult<Page>
  readonly failure?: { readonly error: unknown }
}

/**
 * The pages of several lists in the order in which they come. `atOnce` lists are read side by side, each no further than one
 * page ahead of its reader, so that memory stays flat. Throws as soon as one of them does.
 */
export async function* mergePages<Page>(
  lists: readonly (() => AsyncIterable<Page>)[],
  atOnce: number,
): AsyncGenerator<Page> {
  const waiting = lists.values()
  const reading = new Map<AsyncIterator<Page>, Promise<Next<Page>>>()
  const readOn = (pages: AsyncIterator<Page>) => {
    const next = pages.next().then(
      (result) => ({ pages, result }),
      (error: unknown) => ({ pages, failure: { error } }),
    )
    reading.set(pages, next)
  }
  for (const list of waiting.take(atOnce)) readOn(list()[Symbol.asyncIterator]())
  while (reading.size > 0) {
    const { pages, result, failure } = await Promise.race(reading.values())
    if (failure) throw failure.error
    if (result?.done === false) {
      readOn(pages)
      yield result.value
      continue
    }
    reading.delete(pages)
    const following = waiting.next()
    if (!following.done) readOn(following.value()[Symbol.asyncIterator]())
  }
}
