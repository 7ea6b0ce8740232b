import { existsSync } from 'node:fs'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { z } from 'zod'
import { describeError } from '../output/describe-error.ts'
import { type Check, ok, problem, warning } from './check.ts'

const GB = 1e9
const OLDEST_NODE = 24
const LOW_DISK_BYTES = 2 * GB
const FULL_DISK_BYTES = 0.1 * GB
/** Four bodies of the largest size that waits in memory. */
const LOW_SHARED_MEMORY_BYTES = 256 * 1024 ** 2
const SHARED_MEMORY = '/dev/shm'

/** What the machine itself must bring. */
export async function checkMachine(dataDir: string): Promise<Check[]> {
  const [data, disk, memory] = await Promise.all([
    checkDataDirectory(dataDir),
    checkDisk(dataDir),
    checkSharedMemory(),
  ])
  return [checkNode(process.versions.node), checkEngine(), data, disk, memory]
}

export function checkNode(version: string): Check {
  return Number(version.split('.')[0]) >= OLDEST_NODE
    ? ok('node', version)
    : problem('node', version, `Polo needs Node ${OLDEST_NODE} or newer: npm install brings it along`)
}

/** Finds the engine's library without loading its 500 MB. */
function checkEngine(): Check {
  const platform = `${process.platform}-${process.arch}`
  const advice = 'run npm install on this machine, without --omit=optional; or set POLO_CLICKHOUSE_URL'
  if (isMusl()) {
    const found = `${platform} with musl: the embedded ClickHouse needs glibc`
    return problem('engine', found, 'use an image with glibc (Debian, Ubuntu), or set POLO_CLICKHOUSE_URL')
  }
  try {
    return ok('engine', `${platform}: ${findLibrary()}`)
  } catch (error) {
    return problem('engine', describeError(error), advice)
  }
}

/** Through the package that brings the engine, which is not this one. */
function findLibrary(): string {
  const load = createRequire(import.meta.resolve('@polo/local'))
  const library: unknown = load('chdb/libchdb')
  if (typeof library !== 'object' || library === null) throw new Error('chdb does not say where it is')
  if (!('libchdbPath' in library) || typeof library.libchdbPath !== 'function') {
    throw new Error('chdb does not say where it is')
  }
  return String(library.libchdbPath({ env: {} }))
}

const Report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) })

function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  // Names of network peers, which take seconds to look up.
  Object.assign(process.report, { excludeNetwork: true })
  const report = Report.safeParse(process.report.getReport())
  return report.success && report.data.header.glibcVersionRuntime === undefined
}

async function checkDataDirectory(dataDir: string): Promise<Check> {
  const place = existingPart(dataDir)
  const advice = 'choose another with --data-dir or POLO_DATA_DIR, or change who may write there'
  try {
    if (!(await stat(place)).isDirectory())
      return problem('data directory', `${place} is not a directory`, advice)
    await access(place, constants.W_OK | constants.X_OK)
  } catch (error) {
    return problem('data directory', `${place} cannot be written: ${describeError(error)}`, advice)
  }
  return ok('data directory', place === dataDir ? dataDir : `${dataDir} (not there yet; it will be made)`)
}

async function checkDisk(dataDir: string): Promise<Check> {
  const place = existingPart(dataDir)
  const free = await freeBytes(place)
  return judgeDisk(free, place)
}

export function judgeDisk(free: number, place: string): Check {
  const found = `${(free / GB).toFixed(1)} GB free in ${place}`
  const advice = 'free some space, or choose another disk with --data-dir'
  if (free < FULL_DISK_BYTES) return problem('disk', found, advice)
  return free < LOW_DISK_BYTES ? warning('disk', found, advice) : ok('disk', found)
}

async function checkSharedMemory(): Promise<Check> {
  if (!existsSync(SHARED_MEMORY))
    return ok('shared memory', 'none on this system; blocks wait on disk instead')
  return judgeSharedMemory(await freeBytes(SHARED_MEMORY))
}

export function judgeSharedMemory(free: number): Check {
  const found = `${Math.floor(free / 1024 ** 2)} MB free in ${SHARED_MEMORY}`
  if (free >= LOW_SHARED_MEMORY_BYTES) return ok('shared memory', found)
  const advice = 'more makes storing faster (docker run --shm-size=1g); without it, blocks wait on disk'
  return warning('shared memory', found, advice)
}

async function freeBytes(place: string): Promise<number> {
  const { bavail, bsize } = await statfs(place)
  return bavail * bsize
}

function existingPart(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingPart(dirname(path))
}
