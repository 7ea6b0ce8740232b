import { vi } from 'vitest'

type Link = Readonly<Record<string, string>>

/** The variables by which SST hands links to a function, `App` among them. */
export function linkVariables(links: Readonly<Record<string, Link>>): Record<string, string> {
  const all = { App: { name: 'polo', stage: 'test' }, ...links }
  return Object.fromEntries(
    Object.entries(all).map(([name, link]) => [`SST_RESOURCE_${name}`, JSON.stringify(link)]),
  )
}

const READER = new URL('../../node_modules/sst/dist/resource/node.js', import.meta.url)
let readers = 0

/** SST reads links once in a process's life; from here on whatever is imported reads them anew. */
export function forgetLinks(): void {
  for (const name of ['__SST_RESOURCE_RAW__', '__SST_RESOURCE_ENVIRONMENT__']) {
    const kept: unknown = Reflect.get(globalThis, name)
    if (typeof kept !== 'object' || kept === null) continue
    for (const key of Reflect.ownKeys(kept)) Reflect.deleteProperty(kept, key)
  }
  const reader = `${READER.href}?${++readers}`
  vi.doMock('sst/resource', () => import(/* @vite-ignore */ reader))
}
