/** Something that is said of a collector's run in an account. */
export interface AccountLine {
  readonly account: string
  readonly collector: string
  readonly text: string
}

/** A line each, `111122223333 config_ec2 denied`; what is the same of several accounts once, `2 accounts config_ec2 denied`. */
export function nameAccounts(lines: readonly AccountLine[]): string[] {
  const groups = Map.groupBy(lines, ({ collector, text }) => `${collector} ${text}`)
  return [...groups].map(([said, of]) => `${nameAll([...new Set(of.map(({ account }) => account))])} ${said}`)
}

function nameAll(accounts: readonly string[]): string {
  return accounts.length === 1 ? `${accounts[0]}` : `${accounts.length} accounts`
}
