import { bulkBuckets } from '@polo/collectors'
import { config } from './config.ts'
import { hub } from './hub.ts'
import { physicalName } from './names.ts'

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs

const buckets = bulkBuckets(config)

/**
 * What ClickHouse assumes to read the buckets that are loaded from, where the configuration says who it is. A bucket of another
 * account lets this role in by its own policy.
 */
if (config.clickHousePrincipal && buckets.length > 0) {
  new aws.iam.Role('ClickHouseReader', {
    name: physicalName('clickhouse'),
    description: 'For ClickHouse: reads the cost exports and flow logs that Polo loads',
    assumeRolePolicy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          effect: 'Allow',
          actions: ['sts:AssumeRole'],
          principals: [{ type: 'AWS', identifiers: [config.clickHousePrincipal] }],
        },
      ],
    }).json,
    inlinePolicies: [
      {
        name: 'read',
        policy: aws.iam.getPolicyDocumentOutput({ statements: readBuckets() }).json,
      },
    ],
  })
}

/** As few statements as can be: a role's policies may have 10,240 characters. */
function readBuckets(): Statement[] {
  const objects = unique(buckets.map(({ bucket, prefix }) => `${bucket}/${prefix}*`))
  const keys = unique(buckets.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []))
  const prefixes = unique(buckets.map(({ prefix }) => prefix))
  return [
    { effect: 'Allow', actions: ['s3:GetObject'], resources: objects.map(toArn) },
    ...prefixes.map((prefix) => ({
      effect: 'Allow',
      actions: ['s3:ListBucket'],
      resources: unique(buckets.filter((one) => one.prefix === prefix).map(({ bucket }) => bucket)).map(
        toArn,
      ),
      conditions: [{ test: 'StringLike', variable: 's3:prefix', values: [`${prefix}*`] }],
    })),
    ...(keys.length > 0 ? [{ effect: 'Allow', actions: ['kms:Decrypt'], resources: keys }] : []),
  ]
}

function toArn(name: string) {
  return $interpolate`arn:${hub.partition}:s3:::${name}`
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
