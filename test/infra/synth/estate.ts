import type { SynthResource, SynthResult } from './synth-types.ts'

/** What a stage would have. */
export interface Estate extends SynthResult {
  /** Whether functions run on a developer's machine. */
  readonly isDev: boolean
  /** By the end of the type, such as `Queue`. */
  all(type: string): readonly SynthResource[]
  /** @throws Error unless there is exactly one of that physical or logical name */
  one(type: string, name: string): SynthResource
}

export function toEstate(result: SynthResult): Estate {
  const all = (type: string) => {
    return result.resources.filter((resource) => resource.custom && resource.type.endsWith(`:${type}`))
  }
  return {
    ...result,
    isDev: all('Function').some(({ inputs }) => inputs.runtime === 'provided.al2023'),
    all,
    one(type, name) {
      const found = all(type).filter((resource) => resource.name === name || resource.inputs.name === name)
      const [resource] = found
      if (found.length === 1 && resource) return resource
      throw new Error(
        `${found.length} resources ${type} are called ${name}, of ${all(type).map((other) => other.name)}`,
      )
    },
  }
}
