import type { SynthResource, SynthResult } from './synth-types.ts'

/** What a stage would have. */
export class Estate {
  readonly app: SynthResult['app']
  readonly resources: SynthResult['resources']
  readonly handlers: SynthResult['handlers']
  readonly outputs: SynthResult['outputs']

  constructor({ app, resources, handlers, outputs }: SynthResult) {
    this.app = app
    this.resources = resources
    this.handlers = handlers
    this.outputs = outputs
  }

  /** Whether functions run on a developer's machine. */
  get isDev(): boolean {
    return this.all('Function').some(({ inputs }) => inputs.runtime === 'provided.al2023')
  }

  /** By the end of the type, such as `:Queue`. */
  all(type: string): readonly SynthResource[] {
    return this.resources.filter((resource) => resource.custom && resource.type.endsWith(`:${type}`))
  }

  /** @throws Error unless there is exactly one of that physical or logical name */
  one(type: string, name: string): SynthResource {
    const all = this.all(type)
    const found = all.filter((resource) => resource.name === name || resource.inputs.name === name)
    const [resource] = found
    if (found.length === 1 && resource) return resource
    throw new Error(
      `${found.length} resources ${type} are called ${name}, of ${all.map((other) => other.name)}`,
    )
  }
}
