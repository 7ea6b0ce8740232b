/** One thing that `polo doctor` looked at. */
export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'problem'
  /** What there is. */
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

export const ok = (name: string, found: string): Check => ({ name, status: 'ok', found })

export const warning = (name: string, found: string, advice: string): Check => ({
  name,
  status: 'warning',
  found,
  advice,
})

export const problem = (name: string, found: string, advice: string): Check => ({
  name,
  status: 'problem',
  found,
  advice,
})
