import type { FileEdit } from './bundle-config.ts'

export interface SynthOptions {
  readonly stage: string
  /** As `sst dev` evaluates it. */
  readonly dev?: boolean
  /** As `sst secret set`; what the app needs, if left out. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly edits?: readonly FileEdit[]
  /** A directory for the bundles of handlers, each `<functionID>/bundle.mjs`; left out, handlers are only looked for. */
  readonly bundleInto?: string
}

/** One that the app registered: inputs are what the provider would be given, secrets marked. */
export interface SynthResource {
  /** Such as `aws:sqs/queue:Queue`. */
  readonly type: string
  readonly name: string
  /** False for SST's components, which are made of others. */
  readonly custom: boolean
  readonly inputs: Readonly<Record<string, unknown>>
  /** Where in the inputs secrets are: such as `environment.variables.KEY`. */
  readonly secretPaths: readonly string[]
  readonly options: {
    readonly retainOnDelete: boolean
    readonly ignoreChanges: readonly string[]
  }
}

/** What SST would build, or in dev run, of a function. */
export interface SynthHandler {
  readonly functionID: string
  readonly handler: string
  readonly links: Readonly<Record<string, unknown>>
}

export interface SynthResult {
  readonly app: { readonly name: string; readonly removal: string; readonly protect: boolean }
  readonly resources: readonly SynthResource[]
  readonly handlers: readonly SynthHandler[]
  readonly outputs: Readonly<Record<string, unknown>>
}
