import type { UserIdentity } from './eventbridge-event.ts'

/** Who did something; '' where that is not told. */
export interface Actor {
  readonly actor_arn: string
  readonly actor_name: string
}

/**
 * The name is a user's own; `role/session` of an assumed role; 'root' of the account itself; a service's
 * (`autoscaling.amazonaws.com`) where AWS acts by itself; else an account's id or what CloudTrail calls the principal.
 */
export function readActor(identity: UserIdentity): Actor {
  const { type, arn = '', accountId, userName, principalId, invokedBy = '' } = identity
  switch (type) {
    case 'Root':
      return { actor_arn: arn, actor_name: 'root' }
    case 'AWSService':
      return { actor_arn: arn, actor_name: invokedBy }
    case 'AWSAccount':
      return { actor_arn: arn, actor_name: accountId ?? '' }
    case 'AssumedRole':
    case 'FederatedUser':
      return { actor_arn: arn, actor_name: nameInArn(arn) || (principalId ?? '') }
    default:
      return { actor_arn: arn, actor_name: userName || nameInArn(arn) || principalId || invokedBy }
  }
}

/** `arn:aws:sts::111122223333:assumed-role/deploy/session` → `deploy/session`. */
function nameInArn(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1 || arn.length)
}
