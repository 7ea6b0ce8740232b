/** How many enumerable fields an object has, inherited ones included; `Object.keys` would make a list of them. */
export function countFields(object: object): number {
  let count = 0
  for (const _ in object) count++
  return count
}
