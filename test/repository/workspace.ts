import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export const ROOT = join(import.meta.dirname, '../..')

const Texts = z.record(z.string(), z.string()).default({})
const Manifest = z.looseObject({
  name: z.string(),
  version: z.string().optional(),
  dependencies: Texts,
  devDependencies: Texts,
  exports: Texts,
  bin: Texts,
})
export type Manifest = z.infer<typeof Manifest>

const Lock = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      dependencies: Texts,
      devDependencies: Texts,
    }),
  ),
})

/** The folders of the packages, relative to the root. */
export const PACKAGE_FOLDERS = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`)

export function readManifest(folder: string): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')))
}

export function readLock(): z.infer<typeof Lock> {
  return Lock.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')))
}
