// biome-ignore lint/correctness/noUndeclaredDependencies: a workspace of this repository, always there
import { defineConfig } from '@polo/core'

// What is written here is what Polo does without this file: edit what you want otherwise, delete the rest.
export default defineConfig({
  // The root of the tree organisation → account role → account.
  organization: 'organization',

  // Which tag keys fill each owner field, the most trusted first. Keys are case-sensitive, and an empty
  // value does not count. A resource's own tags come first, then those of what it hangs on (an
  // Elastic IP's network interface), then `tagDefaults` of its account.
  tags: {
    marqo_customer: ['marqo:customer', 'customer', 'Customer', 'team', 'Team', 'owner', 'Owner'],
    marqo_cluster: ['marqo:cluster', 'cluster', 'Cluster', 'eks:cluster-name'],
    marqo_index: ['marqo:index', 'index'],
    marqo_env: ['marqo:env', 'env', 'Env', 'environment', 'Environment', 'stage'],
    marqo_purpose: ['marqo:purpose', 'purpose', 'Purpose', 'role', 'Role', 'service', 'Service'],
  },

  // What AWS does not say about your accounts; every setting may be left out.
  accounts: {
    // '111122223333': {
    //   name: 'web-production',
    //   role: 'production', // becomes `account_role` of everything in the account
    //   tagDefaults: { marqo_env: 'prod' },
    //   regions: ['eu-west-1', 'us-east-1'],
    // },
  },

  // Where to look in accounts that do not say: a list such as ['eu-west-1'], or every region that is enabled.
  regions: 'enabled',

  // What APIs that AWS charges for (Cost Explorer, GetMetricData) may cost in a month, in US dollars, for all
  // accounts together. Polo looks less often before it spends more, and says so; 0: no such call at all.
  paidApiBudgetUsd: 50,

  // Cost and Usage Reports, CUR 2.0 and FOCUS exports in S3, none if left out (docs/cost-exports.md).
  // costExports: [
  //   { name: 'org', bucket: 'acme-billing', prefix: 'exports/org/', region: 'us-east-1', roleArn: 'arn:aws:iam::…' },
  // ],

  // VPC flow logs in S3, none if left out (docs/flow-logs.md).
  // flowLogs: [{ name: 'vpc', bucket: 'acme-flow-logs', prefix: 'AWSLogs/', region: 'eu-west-1', roleArn: 'arn:aws:iam::…' }],

  // Days that events are kept, and from their end the billing periods of cost exports.
  retentionDays: {
    lifecycle: 800,
    cost: 1200,
    metric: 120,
    config: 800,
    tag_change: 800,
    cost_line_items: 1200,
  },
})
