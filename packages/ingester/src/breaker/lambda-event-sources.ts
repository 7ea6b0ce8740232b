import { setTimeout as sleep } from 'node:timers/promises'
import type { EventSourceMappingConfiguration, LambdaClient } from '@aws-sdk/client-lambda'
import { MappingBusyError } from '../errors.ts'
import { type BreakerState, type EventSources, NEVER_OPENED, SETTLING_MS } from './breaker-state.ts'
import { formatTag, MAPPING_TAG, type MappingMemory, parseTag } from './mapping-tag.ts'

export interface LambdaEventSourcesOptions {
  /** The ingester's; all event source mappings that invoke it open and close together. */
  readonly functionName: string
  /** One of the environment's region and credentials by default. */
  readonly client?: LambdaClient
  /** Between tries, while Lambda refuses to change a mapping because it still changes. */
  readonly patienceMs?: number
}

/** The least that Lambda lets a mapping have. */
const LOW_CONCURRENCY = 2
const PATIENCE_MS = 1_000
const TRIES = 8
const BUSY = new Set(['ResourceConflictException', 'ResourceInUseException', 'TooManyRequestsException'])
const OFF = new Set(['Disabled', 'Disabling'])
/** When mappings differ, a change was applied in part, and is to be repeated. */
const MOST_OPEN_FIRST = ['open', 'half_open', 'closed'] as const

interface Mapping {
  readonly id: string
  readonly arn: string
  readonly isOn: boolean
  readonly concurrency: number | null
  readonly memory: MappingMemory | undefined
}

/**
 * The event source mappings of a deployed ingester. What was applied is remembered in a tag on each, so that whoever
 * may read it knows the state. Needs lambda:ListEventSourceMappings, ListTags, UpdateEventSourceMapping, TagResource.
 * `read` and `apply` throw what Lambda answers, `apply` MappingBusyError where a mapping does not cease to change.
 */
export function lambdaEventSources(options: LambdaEventSourcesOptions): EventSources {
  const lambda = connectLambda(options)
  const list = async () => {
    const mappings = await lambda.list()
    if (mappings.length > 0) return mappings
    throw new Error(
      `no event source mapping invokes ${options.functionName}: is that the name that they were made with?`,
    )
  }
  return {
    async read() {
      const mappings = await list()
      const states = mappings.flatMap(({ memory }) => (memory ? [toState(memory)] : []))
      const [first = NEVER_OPENED] = MOST_OPEN_FIRST.flatMap((name) =>
        states.filter(({ state }) => state === name),
      )
      return first
    },
    async apply(state) {
      const mappings = await list()
      const results = await Promise.allSettled(mappings.map((mapping) => applyTo(mapping, state, lambda)))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  }
}

/** What undoes the change must never be lost, so it is written before a mapping is disabled and after it is enabled. */
async function applyTo(mapping: Mapping, state: BreakerState, lambda: Lambda): Promise<void> {
  const memory = { ...state, ...ownSettings(mapping) }
  const target = targetOf(memory)
  const before = mapping.memory && formatTag(mapping.memory)
  const after = formatTag(memory)
  const remember = async () => {
    if (before !== after) await lambda.tag(mapping, after)
  }
  const change = async (expectedTag: string | undefined) => {
    const isAsTarget = mapping.isOn === target.isOn && mapping.concurrency === target.concurrency
    if (!isAsTarget) await lambda.update(mapping, target, expectedTag)
  }
  if (state.state === 'open') {
    await remember()
    await change(after)
  } else {
    await change(before)
    await remember()
  }
}

/**
 * Its settings as an operator left them. What differs from the memory is an operator's wish once the breaker has long
 * been closed; until then only what the breaker itself never does: to enable a mapping, or another concurrency.
 */
function ownSettings({ isOn, concurrency, memory }: Mapping) {
  const isSettled = memory?.state === 'closed' && Date.now() - Date.parse(memory.since) > SETTLING_MS
  if (memory === undefined || isSettled) return { enabled: isOn, concurrency }
  const isOurs = concurrency === LOW_CONCURRENCY
  return { enabled: memory.enabled || isOn, concurrency: isOurs ? memory.concurrency : concurrency }
}

interface MappingTarget {
  readonly isOn: boolean
  readonly concurrency: number | null
}

function targetOf({ state, enabled, concurrency }: MappingMemory): MappingTarget {
  const isSlow = enabled && state !== 'closed'
  return { isOn: enabled && state !== 'open', concurrency: isSlow ? LOW_CONCURRENCY : concurrency }
}

function toState({ enabled: _enabled, concurrency: _concurrency, ...state }: MappingMemory): BreakerState {
  return state
}

type Lambda = ReturnType<typeof connectLambda>

/** The SDK is loaded when it is first needed: an ingester that starts should not wait for it. */
function connectLambda({ functionName, client: given, patienceMs = PATIENCE_MS }: LambdaEventSourcesOptions) {
  let own: LambdaClient | undefined
  const load = async () => {
    const sdk = await import('@aws-sdk/client-lambda')
    own ??= given ?? new sdk.LambdaClient()
    return { sdk, client: own }
  }
  const readMapping = async (mapping: EventSourceMappingConfiguration): Promise<Mapping[]> => {
    const { UUID: id, EventSourceMappingArn: arn, State, ScalingConfig } = mapping
    if (!id || !arn || State === 'Deleting') return []
    const { sdk, client } = await load()
    const { Tags } = await client.send(new sdk.ListTagsCommand({ Resource: arn }))
    const concurrency = ScalingConfig?.MaximumConcurrency ?? null
    return [{ id, arn, isOn: !OFF.has(State ?? ''), concurrency, memory: parseTag(Tags?.[MAPPING_TAG]) }]
  }
  return {
    async list(): Promise<Mapping[]> {
      const { sdk, client } = await load()
      const pages = sdk.paginateListEventSourceMappings({ client }, { FunctionName: functionName })
      const mappings: Mapping[] = []
      for await (const { EventSourceMappings = [] } of pages) {
        mappings.push(...(await Promise.all(EventSourceMappings.map(readMapping))).flat())
      }
      return mappings
    },
    async tag({ arn }: Mapping, value: string): Promise<void> {
      const { sdk, client } = await load()
      await client.send(new sdk.TagResourceCommand({ Resource: arn, Tags: { [MAPPING_TAG]: value } }))
    },
    /** Nothing when the tag is not as expected: another function has come to know better meanwhile. */
    async update(
      { id, arn }: Mapping,
      { isOn, concurrency }: MappingTarget,
      expectedTag: string | undefined,
    ): Promise<void> {
      const { sdk, client } = await load()
      const ScalingConfig = concurrency === null ? {} : { MaximumConcurrency: concurrency }
      const command = new sdk.UpdateEventSourceMappingCommand({ UUID: id, Enabled: isOn, ScalingConfig })
      const update = async () => {
        const { Tags } = await client.send(new sdk.ListTagsCommand({ Resource: arn }))
        const memory = parseTag(Tags?.[MAPPING_TAG])
        if ((memory && formatTag(memory)) === expectedTag) await client.send(command)
      }
      await whenNotBusy(update, patienceMs)
    },
  }
}

/** A mapping that is being created, enabled, disabled or updated cannot be changed until that is over. */
async function whenNotBusy(call: () => Promise<unknown>, patienceMs: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await call()
      return
    } catch (error) {
      if (!(error instanceof Error && BUSY.has(error.name))) throw error
      if (tries === TRIES) {
        const said = `${error.name}: ${error.message}`
        throw new MappingBusyError(`an event source mapping still changes; Lambda said: ${said}`, {
          cause: error,
        })
      }
    }
    await sleep(patienceMs)
  }
}
