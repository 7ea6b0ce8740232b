import { UnexpectedAnswerError } from '../../errors.ts'

/** Digits after the point; Cost Explorer gives ten, and more in scientific notation. */
const SCALE = 20
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

/** An amount of money in units of 10⁻²⁰, so that sums are exact. */
export type Decimal = bigint

/**
 * Reads an amount as AWS writes it: '40.3543773134', '-3', '1.2E-7'.
 * @throws UnexpectedAnswerError for what is no number
 */
export function parseDecimal(text: string | undefined): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text ?? '') ?? []
  if (sign === undefined) throw new UnexpectedAnswerError(`'${text ?? ''}' is no amount`)
  const shift = SCALE - fraction.length + Number(exponent)
  const digits = BigInt(whole + fraction)
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  return sign === '-' ? -scaled : scaled
}

/** As few digits as say it exactly: '-0.5', '3'. */
export function formatDecimal(decimal: Decimal): string {
  const digits = absolute(decimal)
    .toString()
    .padStart(SCALE + 1, '0')
  const fraction = digits.slice(-SCALE).replace(/0+$/, '')
  const number = `${digits.slice(0, -SCALE)}${fraction && `.${fraction}`}`
  return decimal < 0n ? `-${number}` : number
}

export function absolute(decimal: Decimal): Decimal {
  return decimal < 0n ? -decimal : decimal
}
