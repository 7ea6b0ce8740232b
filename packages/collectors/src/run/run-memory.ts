import { classifyAwsError } from '../classify-aws-error.ts'
import { MemoryError } from '../errors.ts'
import type { ObjectStore } from '../object-store.ts'
import { createRunBudget, type RunBudget } from '../paid-calls/budget.ts'
import { createRunState, type RunState } from './collector-state.ts'
import type { Job, RunnerDependencies } from './run-collector.ts'

/** What a run remembers of those before it. */
export interface Remembered {
  readonly state: RunState
  readonly budget: RunBudget
}

export interface RunMemory {
  /** @throws MemoryError where the store cannot be read, ConfigError where what is in it cannot */
  open(): Promise<Remembered>
  /**
   * Remembers what a call costs before it is made: of a run that dies nobody else would know what it has cost.
   * @throws MemoryError: the call must not be made then
   */
  pay(usd: number): Promise<void>
  /**
   * Remembers what the run has cost, and, where everything was published, what its collector leaves for the next slot.
   * Resolves to what went wrong, if anything: the next run would not know of this one.
   */
  commit(end: { readonly isPublished: boolean }): Promise<unknown>
}

export interface RunFacts {
  readonly startedAt: Date
  /** What the run's calls have cost so far. */
  readonly costUsd: () => number
}

export function createRunMemory(
  { collector, account, slot, budgetUsd = 0 }: Job,
  { state }: Pick<RunnerDependencies, 'state'>,
  { startedAt, costUsd }: RunFacts,
): RunMemory {
  const store = state && explained(state)
  const place = { collector, accountId: account.id, slot, store }
  const runState = createRunState(place)
  let budget: RunBudget | undefined
  return {
    async open() {
      budget = await createRunBudget({ ...place, now: startedAt, monthlyUsd: budgetUsd, costUsd })
      return { state: runState, budget }
    },
    async pay(usd) {
      await budget?.pay(usd)
    },
    async commit({ isPublished }) {
      try {
        await budget?.commit()
        if (isPublished) await runState.commit()
        return undefined
      } catch (error) {
        return error
      }
    },
  }
}

/** Without this, a refusal would read as if the account that is looked at had refused. */
function explained(store: ObjectStore): ObjectStore {
  const explain = (what: string, key: string) => (cause: unknown) => {
    throw new MemoryError(
      `${key} could not be ${what} where Polo remembers (the state bucket, or 'state' in the data directory): ` +
        classifyAwsError(cause).message,
      { cause },
    )
  }
  return {
    read: (key) => store.read(key).catch(explain('read', key)),
    write: (key, body) => store.write(key, body).catch(explain('stored', key)),
  }
}
