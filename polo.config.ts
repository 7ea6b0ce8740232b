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

  // Days that events are kept.
  retentionDays: { lifecycle: 800, cost: 1200, metric: 120, config: 800, tag_change: 800 },
})
