import type {
  EventType,
  PoloConfig,
  Schedule,
  TABLE_ROWS,
  TableSchemaName,
  TaggedParent,
  Tags,
} from '@polo/core'
import type * as z from 'zod'
import type { Budget } from './paid-calls/budget.ts'
import type { RegionState } from './run/collector-state.ts'

/**
 * What one job covers: one account with all its regions, the organization once, another platform,
 * or stored data.
 */
export type Scope = 'account' | 'organization' | 'platform' | 'derived'

/** An SDK client class; the runner makes one instance per job and region. */
// biome-ignore lint/suspicious/noExplicitAny: every SDK client takes a configuration type of its own
export type ClientClass = new (config: any) => { destroy(): void }

type Clients<Classes extends Record<string, ClientClass>> = {
  readonly [Name in keyof Classes]: InstanceType<Classes[Name]>
}

/** What every source of a collector is given: where it looks, and the clients that look there. */
export interface CollectContext<Classes extends Record<string, ClientClass> = Record<string, ClientClass>> {
  readonly clients: Clients<Classes>
  /** The account's 12-digit id. */
  readonly account: string
  readonly region: string
  readonly partition: string
  readonly config: PoloConfig
  /** What the slot before this one left, for collectors that say `remembers`. */
  readonly state: RegionState
  /** What calls that AWS charges for may cost, for collectors that have a `budgetShare`. */
  readonly budget: Budget
  /** The scheduled time this run is for. */
  readonly slot: Date
  /** Fires when the run's time is up. */
  readonly signal: AbortSignal
  /**
   * Reads each item of a list in an answer. An item that cannot be read is rejected by name and the rest go on.
   * @throws UnexpectedAnswerError when there is no such list in the answer: that is not "none found"
   */
  each<Answer extends object, Key extends keyof Answer, What extends Seen>(
    answer: Answer,
    key: Key,
    read: (item: ItemOf<Answer[Key]>) => What | readonly What[],
  ): Iterable<What>
  /**
   * Says that a part could not be looked at, where the rest is worth reading: the source is then `partial`, and names it.
   * What lacks that part has to say so; it must not look as if there were none.
   */
  incomplete(part: string, error: unknown): void
  /** Tells something that is no failure and that people should know of the run. */
  note(text: string): void
}

type ItemOf<List> = NonNullable<List> extends readonly (infer Item)[] ? Item : never

/**
 * What a property may be before it becomes a string; undefined, null and '' are left out. Lists are joined by commas,
 * with nothing between two where an item is undefined or '', and left out where every item is.
 */
export type PropertyValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | null
  | readonly (string | undefined)[]

/**
 * One thing that a collector saw. The runner makes the `ResourceEvent` of it: identity, times,
 * account, region, owner fields. For `config` events `event_action` is 'observed'.
 */
export interface Observation {
  readonly resource_type: string
  /** Undefined where the answer lacks it; the runner then rejects the observation by name. */
  readonly resource_id: string | undefined
  readonly resource_arn?: string | undefined
  readonly resource_name?: string | undefined
  /** Whose it is, where an answer for the organization says so; left out: the job's account. */
  readonly aws_account_id?: string | undefined
  /** Left out: the job's region. */
  readonly aws_region?: string | undefined
  readonly event_type?: EventType
  readonly event_action?: string
  /** Left out: the slot. */
  readonly event_time?: Date | undefined
  /** Tells apart what the other parts of the identity do not, such as a metric's name. */
  readonly discriminator?: string
  readonly actor_arn?: string | undefined
  readonly actor_name?: string | undefined
  readonly value?: number | undefined
  readonly unit?: string | undefined
  readonly tags?: Tags | undefined
  /** Tags of the resource that only decide the owner fields: what is seen often does not carry them all each time. */
  readonly owner_tags?: Tags | undefined
  /**
   * Resource ids or ARNs of physical parents, the closest relation first. Tags are inherited from those
   * that the same job has yielded before, so a collector yields parents first; or parents that it does not yield, with
   * their tags.
   */
  readonly parents?: readonly (string | TaggedParent | undefined)[]
  readonly properties?: Readonly<Record<string, PropertyValue>>
}

/** A row of a table other than the events'. The runner adds when it was observed. */
export type TableRow = {
  readonly [Name in TableSchemaName]: {
    readonly schema: Name
    readonly row: Omit<z.input<(typeof TABLE_ROWS)[Name]>, 'observed_at'>
  }
}[TableSchemaName]

/** What a source yields. */
export type Seen = Observation | TableRow

/**
 * One list of calls within a collector; each has its own outcome and spoils no other.
 * A method's type, so that collectors with different clients fit into one registry.
 */
export type Source<Classes extends Record<string, ClientClass> = Record<string, ClientClass>> = {
  collect(context: CollectContext<Classes>): AsyncIterable<Seen>
}['collect']

/** Where a probe is tried; `account` is the account's id. */
export interface ProbePlace {
  readonly account: string
  readonly region: string
  readonly partition: string
}

/** One call that needs a permission and that changes and finds nothing, such as of the tags of what does not exist. */
export type Probe<Classes extends Record<string, ClientClass> = Record<string, ClientClass>> = {
  probe(clients: Clients<Classes>, signal: AbortSignal, place: ProbePlace): Promise<unknown>
}['probe']

/** What a resource type is and the properties its events carry: property name to what it says. */
export interface ResourceType {
  readonly description: string
  readonly properties: Readonly<Record<string, string>>
  /** Others inherit tags from resources of this type, so the runner remembers theirs for the length of a region's job. */
  readonly isParent?: boolean
}

/** A data source: what to call, how to read the answer, and everything that follows from it. */
export interface Collector<Classes extends Record<string, ClientClass> = Record<string, ClientClass>> {
  readonly name: string
  readonly description: string
  readonly scope: Scope
  readonly schedule: Schedule
  readonly resourceTypes: Readonly<Record<string, ResourceType>>
  /** What it sees of resources of any other type, where it takes whatever AWS names. */
  readonly otherTypes?: ResourceType
  /** What it yields rows of for other tables than the events'. */
  readonly tables?: readonly TableSchemaName[]
  /** What the database itself loads of the files that it asks for. */
  readonly loadedTables?: readonly string[]
  /** Of which types the events are that a view makes of what is loaded. */
  readonly loadedTypes?: Readonly<Record<string, ResourceType>>
  /** IAM actions, every one it calls. */
  readonly permissions: readonly string[]
  /**
   * ARNs, by permission, of the resources that one is for where it is not for all, as the configuration names them. A
   * permission that is for none is in no read role, and is not tried.
   */
  readonly resources?: (
    config: PoloConfig,
    partition: string,
  ) => Readonly<Record<string, readonly string[] | undefined>>
  /** Its slots leave something for the next one in `context.state`. */
  readonly remembers?: boolean
  /**
   * Its part of what paid calls may cost in a month (`paidApiBudgetUsd`), from 0 to 1, divided among the accounts that it
   * reads. Whoever calls what AWS charges for has one.
   */
  readonly budgetShare?: number
  /** What it reads is of the slot's time, and AWS keeps it for no more days: of older slots it would find nothing. */
  readonly keptDays?: number
  /** Memory of its function, in MB, where the usual 512 are too near to what a run of it was seen to need. */
  readonly memoryMb?: number
  readonly clients: Classes
  /** Run one after the other; those that others inherit from first. */
  readonly sources: Readonly<Record<string, Source<Classes>>>
  /**
   * How `polo accounts verify` tries a permission whose call is made only after something was found, by permission.
   * An error with which AWS answers means allowed, unless it denies or throttles.
   */
  readonly probes?: Readonly<Record<string, Probe<Classes>>>
}

/** Checks a collector's types; the registry and its test check the rest. */
export function defineCollector<const Classes extends Record<string, ClientClass>>(
  collector: Collector<Classes>,
): Collector<Classes> {
  return collector
}

/** A data source that is told what happens instead of asking by schedule. */
export interface EventCollector {
  readonly name: string
  readonly description: string
  /** What tells it, in words: 'CloudTrail and EC2 events by EventBridge'. */
  readonly trigger: string
  /** Properties that events of any of its types may carry: property name to what it says. */
  readonly properties?: Readonly<Record<string, string>>
  readonly resourceTypes: Readonly<Record<string, ResourceType>>
  /** What it is told of resources of any other type. */
  readonly otherTypes?: ResourceType
  /** What the database itself loads of the files that it is told of. */
  readonly loadedTables?: readonly string[]
  /** IAM actions of the role that reads for it; none where what it is told says everything. */
  readonly permissions: readonly string[]
}
