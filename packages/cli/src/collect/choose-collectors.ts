import {
  COLLECTORS,
  type Collector,
  EVENT_COLLECTORS,
  type EventCollector,
  FILE_READERS,
} from '@polo/collectors'
import { UsageError } from '../errors.ts'
import { PATH_COLLECTORS } from '../loads/path-collectors.ts'

const ALL_NAMES = [...COLLECTORS, ...EVENT_COLLECTORS].map(({ name }) => name).sort()

/** The collectors of these names, each once. @throws UsageError for one that there is not */
export function chooseCollectors(names: readonly string[]): readonly Collector[] {
  return [...new Set(names)].map((name) => {
    const collector = COLLECTORS.find((candidate) => candidate.name === name)
    if (collector) return collector
    const told = EVENT_COLLECTORS.find((candidate) => candidate.name === name)
    if (told) throw new UsageError(howToRead(told))
    throw new UsageError(describeUnknown(name))
  })
}

/** @throws UsageError for a name that no collector has, also none that is told what happens */
export function checkCollectorNames(names: readonly string[]): void {
  const unknown = names.find((name) => !ALL_NAMES.includes(name))
  if (unknown !== undefined) throw new UsageError(describeUnknown(unknown))
}

/** Those that read any account. What reads the whole organization can do so in one account alone, so it is named to be run. */
export function accountCollectors(): readonly Collector[] {
  return COLLECTORS.filter(({ scope }) => scope === 'account')
}

function describeUnknown(name: string): string {
  return `there is no collector '${name}'. There are: ${ALL_NAMES.join(', ')}`
}

function howToRead({ name }: EventCollector): string {
  const reader = FILE_READERS.find(({ collector }) => collector === name)
  const option = reader ? `${reader.option} …` : name in PATH_COLLECTORS ? 'path DIR' : undefined
  const byHand = option ? `; read it from files by hand with polo collect ${name} --${option}` : ''
  return `${name} is told what happens and asks nothing of AWS${byHand}`
}
