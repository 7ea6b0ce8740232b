import type { UserIdentity } from './cloudtrail-record.ts'

/** Who did something; '' where that is not told. */
export interface Actor {
  readonly actor_arn: string
  readonly actor_name: string
}

export const NOBODY: Actor = { actor_arn: '', actor_name: '' }

/**
 * The name is a user's own; `role/session` of an assumed role; 'root' of the account itself; a service's
 * (`autoscaling.amazonaws.com`) where AWS acts by itself; else an account's id or what CloudTrail calls the principal.
 */
export function readActor(identity: UserIdentity): Actor {
  const { type, arn = '', accountId, userName, principalId, invokedBy = '', onBehalfOf } = identity
  switch (type) {
    case 'Root':
      return { actor_arn: arn, actor_name: 'root' }
    case 'AWSService':
      return { actor_arn: arn, actor_name: invokedBy }
    case 'AWSAccount':
      return { actor_arn: arn, actor_name: accountId || (principalId ?? '') }
    case 'AssumedRole':
    case 'FederatedUser':
      return { actor_arn: arn, actor_name: nameInArn(arn) || sessionName(identity) }
    case 'IdentityCenterUser':
      return { actor_arn: arn, actor_name: userName || onBehalfOf?.userId || (principalId ?? '') }
    default:
      return { actor_arn: arn, actor_name: userName || nameInArn(arn) || principalId || invokedBy }
  }
}

/** `AROA…:session` of the role whose session it is. */
function sessionName({ principalId = '', sessionContext }: UserIdentity): string {
  const role = sessionContext?.sessionIssuer?.userName
  const session = principalId.slice(principalId.indexOf(':') + 1)
  return role ? `${role}/${session}` : principalId
}

/** `arn:aws:sts::111122223333:assumed-role/deploy/session` → `deploy/session`. */
function nameInArn(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1 || arn.length)
}
