import { COLLECTORS, type Collector } from '@polo/collectors'
import { UsageError } from './errors.ts'

/** The collectors of these names, each once. @throws UsageError for one that there is not */
export function chooseCollectors(names: readonly string[]): readonly Collector[] {
  return [...new Set(names)].map((name) => {
    const collector = COLLECTORS.find((candidate) => candidate.name === name)
    if (collector) return collector
    const known = COLLECTORS.map((candidate) => candidate.name).join(', ')
    throw new UsageError(`there is no collector '${name}'. There are: ${known}`)
  })
}

/** Those that read any account. What reads the whole organization can do so in one account alone, so it is named to be run. */
export function accountCollectors(): readonly Collector[] {
  return COLLECTORS.filter(({ scope }) => scope === 'account')
}
