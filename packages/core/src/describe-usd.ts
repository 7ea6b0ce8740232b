/** `$12.30`; what is less than a cent with as many digits as it needs: `$0.00015`. */
export function describeUsd(usd: number): string {
  if (usd === 0 || usd >= 0.01) return `$${usd.toFixed(2)}`
  return `$${Number(usd.toPrecision(2)).toFixed(7).replace(/0+$/, '')}`
}
