import { describeError } from './classify-failure.ts'
import type { Seen } from './collector.ts'
import { UnexpectedAnswerError } from './errors.ts'

interface EachOptions<Item, What> {
  readonly list: unknown
  /** The list's name in the answer. */
  readonly name: string
  readonly read: (item: Item) => What | readonly What[]
  readonly reject: (message: string) => void
}

/** See `CollectContext.each`. */
export function* readEach<Item, What extends Seen>({
  list,
  name,
  read,
  reject,
}: EachOptions<Item, What>): Generator<What> {
  if (!Array.isArray(list)) {
    throw new UnexpectedAnswerError(`the answer has no list '${name}', so it cannot be read as "none found"`)
  }
  for (const [index, item] of list.entries()) {
    try {
      if (item === null || item === undefined) throw new UnexpectedAnswerError('it is empty')
      const made = read(item)
      if (isList(made)) yield* made
      else yield made
    } catch (error) {
      reject(`item ${index} of '${name}' cannot be read: ${describeError(error)}`)
    }
  }
}

function isList<What>(made: What | readonly What[]): made is readonly What[] {
  return Array.isArray(made)
}
