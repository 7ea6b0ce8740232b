import * as z from 'zod'
import { LinkError } from './errors.ts'

const Secret = z.object({ value: z.string().min(1) }).transform(({ value }) => value)
const Queue = z.object({ url: z.url() }).transform(({ url }) => url)
const Bucket = z.object({ name: z.string().min(1) }).transform(({ name }) => name)

/** What SST may link to a function, by the resource's name in `infra/`, and what of it is of use: value, URL or name. */
const LINKS = {
  ClickHouseUrl: Secret.pipe(z.url()),
  ClickHouseUser: Secret,
  ClickHousePassword: Secret,
  EventsQueue: Queue,
  EventsDlq: Queue,
  StateBucket: Bucket,
} as const
export type LinkName = keyof typeof LINKS
export type Links<Names extends LinkName> = Readonly<Record<Names, string>>

/**
 * Reads the links that a function needs from SST's `Resource`.
 * @throws LinkError which names the first that is missing or wrong; it never holds a value
 */
export function readLinks<Names extends LinkName>(resource: object, ...names: readonly Names[]): Links<Names>
export function readLinks(resource: object, ...names: readonly LinkName[]): Partial<Links<LinkName>> {
  return Object.fromEntries(names.map((name) => [name, readLink(resource, name)]))
}

function readLink(resource: object, name: LinkName): string {
  // Asked first: SST throws for what is not linked, and does not always name it.
  if (!Reflect.has(resource, name)) {
    throw new LinkError(`${name} is not linked to this function: add it to the function's \`link\` in infra/`)
  }
  const result = LINKS[name].safeParse(Reflect.get(resource, name))
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, code }) => [...path, code].join(' '))
  throw new LinkError(
    `the link ${name} does not hold what it should (${problems.join(', ')}): set it with sst secret set, or look at infra/`,
  )
}
