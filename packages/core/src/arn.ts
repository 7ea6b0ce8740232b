import { InvalidArnError } from './errors.ts'
import { PARTITIONS, type Partition } from './partition.ts'

/**
 * An ARN in parts. `resourceType` and `separator` are '' where the resource has no type (S3, SNS, SQS, API Gateway).
 * Forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export interface Arn {
  partition: Partition
  service: string
  region: string
  accountId: string
  resourceType: string
  separator: '/' | ':' | ''
  resourceId: string
}

const ARN = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s
const TYPED_RESOURCE = /^([^/:]+)([/:])(.+)$/s
/** Their resource part is an id from its first character, though it may contain slashes and colons. */
const UNTYPED_SERVICES = new Set(['s3', 'sns', 'sqs'])

/** @throws InvalidArnError which names the string */
export function parseArn(arn: string): Arn {
  const match = ARN.exec(arn)
  if (!match) {
    throw new InvalidArnError(`not an ARN: '${arn}' (expected arn:partition:service:region:account:resource)`)
  }
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = match
  if (!isPartition(partition)) {
    throw new InvalidArnError(
      `unknown partition '${partition}' in '${arn}' (known: ${PARTITIONS.join(', ')})`,
    )
  }
  const typed = UNTYPED_SERVICES.has(service) ? null : TYPED_RESOURCE.exec(resource)
  const [, resourceType = '', separator = '', resourceId = resource] = typed ?? []
  return {
    partition,
    service,
    region,
    accountId,
    resourceType,
    separator: separator === '/' || separator === ':' ? separator : '',
    resourceId,
  }
}

function isPartition(name: string): name is Partition {
  return PARTITIONS.some((partition) => partition === name)
}
