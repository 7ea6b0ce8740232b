import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'

/** Linux counts a process's CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value that `share` of the values are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN
}

/** CPU seconds that this process spent on `work`, all its threads and the garbage collector included. */
export async function cpuSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** CPU seconds of a process since it started, all its threads included; 0 when it is gone. */
export async function cpuSecondsOfProcess(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the command's name, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

/** Runs the contenders by turns, so that whatever else the machine does hits all of them alike. */
export async function inTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await contenders[name]())
  }
  return results
}

/** Prints lines of a name, a figure and the target that it has, if any. */
export function printTable(
  title: string,
  lines: readonly (readonly [name: string, figure: string, target: string])[],
): void {
  const names = Math.max(...lines.map(([name]) => name.length))
  const figures = Math.max(...lines.map(([, figure]) => figure.length))
  console.log(
    `\n${title} (${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.version})`,
  )
  for (const [name, figure, target] of lines) {
    console.log(
      `  ${name.padEnd(names)}  ${figure.padStart(figures)}  ${target && `(target: ${target})`}`.trimEnd(),
    )
  }
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
