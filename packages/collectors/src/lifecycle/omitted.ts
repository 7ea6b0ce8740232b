import { fieldOf } from './told-tags.ts'

/**
 * Whether CloudTrail left out a request or an answer, as it does with one of more than 100 KB:
 * `{ "reason": "responseElements too large", "omitted": true, "originalSize": 149893 }`.
 */
export function isOmitted(value: unknown): boolean {
  const omitted = fieldOf(value, 'omitted')
  return omitted === true || omitted === 'true'
}
