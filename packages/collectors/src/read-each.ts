import { describeError } from './classify-failure.ts'
import type { Observation } from './collector.ts'
import { UnexpectedAnswerError } from './errors.ts'

interface EachOptions<Item> {
  readonly list: unknown
  /** The list's name in the answer. */
  readonly name: string
  readonly toEvent: (item: Item) => Observation | readonly Observation[]
  readonly reject: (message: string) => void
}

/** See `CollectContext.each`. */
export function* readEach<Item>({ list, name, toEvent, reject }: EachOptions<Item>): Generator<Observation> {
  if (!Array.isArray(list)) {
    throw new UnexpectedAnswerError(`the answer has no list '${name}', so it cannot be read as "none found"`)
  }
  for (const [index, item] of list.entries()) {
    try {
      if (item === null || item === undefined) throw new UnexpectedAnswerError('it is empty')
      const made = toEvent(item)
      yield* Array.isArray(made) ? made : [made]
    } catch (error) {
      reject(`item ${index} of '${name}' cannot be read: ${describeError(error)}`)
    }
  }
}
