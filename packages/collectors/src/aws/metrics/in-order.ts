/** What `ask` answers for each item, in their order, with so many questions ahead of whoever reads the answers. */
export async function* inOrder<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
  atOnce: number,
): AsyncGenerator<Answer> {
  const asked: Promise<Answer>[] = []
  for (const [index, item] of items.entries()) {
    const answer = ask(item)
    // It is thrown in its turn; until then nobody listens.
    answer.catch(() => {})
    asked.push(answer)
    if (index < atOnce - 1) continue
    const next = asked.shift()
    if (next) yield await next
  }
  for (const answer of asked) yield await answer
}
