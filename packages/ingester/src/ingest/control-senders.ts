/**
 * SQS sender ids (a role's id stands for all its sessions) that may send control schemas:
 * one list for all of them, or one for each by its name, those that are not named being nobody's.
 */
export type ControlSenders = readonly string[] | Readonly<Partial<Record<string, readonly string[]>>>

/** An assumed role's sender id is `<role id>:<session>`, and a Lambda's session its function: the role id decides. */
export function maySend(senders: ControlSenders, schema: string, senderId: string | undefined): boolean {
  if (!senderId) return false
  const allowed = isList(senders) ? senders : Object.hasOwn(senders, schema) ? (senders[schema] ?? []) : []
  return allowed.includes(senderId) || allowed.includes(senderId.split(':')[0] ?? senderId)
}

function isList(senders: ControlSenders): senders is readonly string[] {
  return Array.isArray(senders)
}
