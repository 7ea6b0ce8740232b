/** One comparison of what must be with what is; figures only, never rows. */
export interface Finding {
  readonly check: string
  readonly expected: number
  readonly found: number
}

export function failures(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ expected, found }) => expected !== found)
}

/** Two findings: what is missing of `expected`, and what `found` has beyond it. */
export function compareSets(
  what: string,
  expected: ReadonlySet<string>,
  found: ReadonlySet<string>,
): Finding[] {
  return [
    { check: `${what} that are missing`, expected: 0, found: expected.difference(found).size },
    { check: `${what} that should not be`, expected: 0, found: found.difference(expected).size },
  ]
}
