/** What there is to see in the sample estate; each finds something after `polo up`, and stands in the README. */
export const SAMPLE_QUERIES: readonly { readonly shows: string; readonly sql: string }[] = [
  {
    shows: 'what runs where, and whose it is',
    sql: "SELECT aws_account_id AS account, aws_region AS region, resource_id, resource_name AS name, properties['instance_type'] AS type, properties['state'] AS state, marqo_customer, marqo_env, event_time AS seen FROM resource_events FINAL WHERE resource_type = 'ec2:instance' AND event_type = 'config' ORDER BY seen DESC LIMIT 1 BY account, region, resource_id",
  },
  {
    shows: 'what it costs, by month, account and service',
    sql: 'SELECT billing_period AS month, aws_account_id AS account, service, charge_type, round(sum(unblended_cost), 2) AS cost, currency FROM costs GROUP BY ALL ORDER BY month DESC, cost DESC',
  },
  {
    shows: 'how busy it is',
    sql: "SELECT resource_id, event_action AS metric, round(avg(value), 2) AS average, max(value) AS highest FROM resource_events FINAL WHERE event_type = 'metric' AND resource_type = 'ec2:instance' GROUP BY ALL",
  },
  {
    shows: 'what is idle',
    sql: "SELECT aws_account_id AS account, resource_type, resource_id, properties['state'] AS state FROM (SELECT * FROM resource_events FINAL WHERE event_type = 'config' ORDER BY event_time DESC LIMIT 1 BY aws_account_id, aws_region, resource_type, resource_id) WHERE (resource_type, state) IN (('ebs:volume', 'available'), ('ec2:ipv4', 'idle'), ('ec2:instance', 'stopped')) ORDER BY resource_type, account",
  },
  {
    shows: 'who did what',
    sql: "SELECT event_time, aws_account_id AS account, actor_name, event_action, resource_id, properties['error_code'] AS error FROM resource_events FINAL WHERE event_type = 'lifecycle' ORDER BY event_time",
  },
  {
    shows: 'what goes with what',
    sql: 'SELECT from_type, relation, to_type, count() AS n FROM current_relationships GROUP BY ALL ORDER BY n DESC',
  },
  {
    shows: 'which tags changed',
    sql: "SELECT event_time, resource_id, properties['added_keys'] AS added, properties['changed_keys'] AS changed, properties['removed_keys'] AS removed FROM resource_events FINAL WHERE event_type = 'tag_change'",
  },
]
