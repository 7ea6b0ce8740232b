import { vi } from 'vitest'

type Line = Readonly<Record<string, unknown>>

/** Keeps what is written to stdout and stderr, which in Lambda are one log; `end` answers its lines of JSON, in order. */
export function captureOutput(): { end(): Line[] } {
  const lines: Line[] = []
  const keep = (chunk: unknown) => {
    for (const text of String(chunk).split('\n')) if (text.startsWith('{')) lines.push(JSON.parse(text))
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(keep),
  )
  return {
    end() {
      for (const spy of spies) spy.mockRestore()
      return lines
    },
  }
}

interface EmfRecord {
  readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Dimensions: readonly string[][] }[] }
}

/** The sets of dimensions of an EMF record; undefined for another line. */
export function dimensionsOf(line: Line | undefined): readonly string[][] | undefined {
  return isEmf(line) ? line._aws.CloudWatchMetrics.flatMap(({ Dimensions }) => Dimensions) : undefined
}

function isEmf(line: unknown): line is EmfRecord {
  return typeof line === 'object' && line !== null && '_aws' in line
}
