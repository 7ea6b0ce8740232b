CREATE TABLE IF NOT EXISTS cost_coverage {{on_cluster}}
(
    collector         LowCardinality(String),
    aws_account_id    LowCardinality(String),
    resource_type     LowCardinality(String),
    linked_account_id LowCardinality(String),
    event_time        DateTime64(3, 'UTC'),
    observed_at       DateTime64(3, 'UTC'),

    CONSTRAINT collector_is_set CHECK collector != '',
    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT resource_type_is_set CHECK resource_type != '',
    CONSTRAINT event_time_is_set CHECK event_time >= toDateTime64('2006-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
PARTITION BY toYear(event_time)
ORDER BY (collector, aws_account_id, resource_type, linked_account_id, event_time, observed_at)
SETTINGS {{deduplication}};

CREATE OR REPLACE VIEW cost_covered_days {{on_cluster}} AS
SELECT
    looked.collector AS collector,
    looked.aws_account_id AS aws_account_id,
    looked.resource_type AS resource_type,
    looked.linked_account_id AS linked_account_id,
    looked.event_time AS event_time,
    max(looked.observed_at) AS covered_at
FROM cost_coverage AS looked
WHERE looked.collector = 'cost_explorer'
  -- Daily, and as long as costs are kept.
  AND (toString(looked.aws_account_id), looked.observed_at) IN
    (SELECT aws_account_id, observed_at FROM stored_looks(collector = 'cost_explorer', newest = 100000))
GROUP BY collector, aws_account_id, resource_type, linked_account_id, event_time
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW cost_explorer_costs {{on_cluster}} AS
WITH
    covered AS
    (
        SELECT toString(aws_account_id) AS payer, event_time, covered_at
        FROM cost_covered_days
        WHERE collector = 'cost_explorer' AND resource_type = 'aws:service'
    ),
    -- The same money as two accounts see it, such as a member that was once asked by itself, and the payer: per account and
    -- day the newest whole look counts. Where only one account was ever asked, this reads nothing.
    seen_by_others AS
    (
        SELECT account, event_time, payer
        FROM
        (
            SELECT
                line.account AS account,
                line.event_time AS event_time,
                line.payer AS payer,
                row_number() OVER
                (
                    PARTITION BY account, event_time
                    ORDER BY any(covered.covered_at) DESC, max(line.seen_at) DESC, payer
                ) AS rank
            FROM
            (
                SELECT
                    toString(aws_account_id) AS account,
                    event_time,
                    properties['payer_account'] AS payer,
                    observed_at AS seen_at
                FROM resource_events FINAL
                WHERE event_type = 'cost' AND collector = 'cost_explorer'
                  AND (SELECT uniqExact(aws_account_id) FROM collector_runs WHERE collector = 'cost_explorer') > 1
            ) AS line
            LEFT JOIN covered ON line.payer = covered.payer AND line.event_time = covered.event_time
            WHERE line.seen_at >= covered.covered_at
            GROUP BY account, event_time, payer
        )
        WHERE rank > 1
    )
SELECT
    line.event_id AS event_id,
    line.event_time AS event_time,
    line.collector AS collector,
    line.aws_account_id AS aws_account_id,
    line.aws_region AS aws_region,
    line.resource_arn AS resource_arn,
    line.resource_type AS resource_type,
    line.resource_id AS resource_id,
    line.resource_name AS resource_name,
    line.event_type AS event_type,
    line.event_action AS event_action,
    line.actor_arn AS actor_arn,
    line.actor_name AS actor_name,
    line.marqo_customer AS marqo_customer,
    line.marqo_cluster AS marqo_cluster,
    line.marqo_index AS marqo_index,
    line.marqo_env AS marqo_env,
    line.marqo_purpose AS marqo_purpose,
    line.account_role AS account_role,
    line.value AS value,
    line.unit AS unit,
    line.properties AS properties,
    line.observed_at AS observed_at,
    'cost_explorer' AS source,
    line.payer AS payer_account_id,
    toDate(line.event_time, 'UTC') AS usage_date,
    toStartOfMonth(line.event_time, 'UTC') AS billing_period,
    line.resource_id AS service,
    line.properties['charge_type'] AS charge_type,
    line.properties['record_type'] AS record_type,
    toBool(line.properties['estimated'] = 'true') AS estimated,
    line.unit AS currency,
    ifNull(toDecimal128OrNull(line.properties['unblended_cost'], 12), toDecimal128(line.value, 12)) AS unblended_cost,
    ifNull(toDecimal128OrNull(line.properties['amortized_cost'], 12), unblended_cost) AS amortized_cost,
    ifNull(toDecimal128OrNull(line.properties['net_unblended_cost'], 12), unblended_cost) AS net_unblended_cost,
    ifNull(toDecimal128OrNull(line.properties['net_amortized_cost'], 12), amortized_cost) AS net_amortized_cost
FROM
(
    SELECT *, properties['payer_account'] AS payer
    FROM resource_events FINAL
    WHERE event_type = 'cost' AND collector = 'cost_explorer'
    -- A line's id has its day in it, so that no two partitions have one in common.
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS line
LEFT JOIN covered ON line.payer = covered.payer AND line.event_time = covered.event_time
WHERE line.observed_at >= covered.covered_at
  AND (toString(line.aws_account_id), line.event_time, line.payer) NOT IN (SELECT account, event_time, payer FROM seen_by_others)
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW costs {{on_cluster}} AS
SELECT * FROM cost_explorer_costs;

CREATE OR REPLACE VIEW service_usage {{on_cluster}} AS
WITH
    covered AS
    (
        SELECT toString(linked_account_id) AS account, event_time, max(covered_at) AS covered_at
        FROM cost_covered_days
        WHERE collector = 'cost_explorer' AND resource_type = 'aws:service_usage'
        GROUP BY linked_account_id, event_time
    )
SELECT
    toDate(line.event_time, 'UTC') AS usage_date,
    line.aws_account_id AS aws_account_id,
    line.account_role AS account_role,
    line.resource_name AS service,
    line.resource_id AS usage_type,
    line.value AS quantity,
    line.unit AS unit,
    toDecimal128OrZero(line.properties['unblended_cost'], 12) AS unblended_cost,
    line.properties['currency'] AS currency,
    toBool(line.properties['estimated'] = 'true') AS estimated,
    line.observed_at AS observed_at
FROM
(
    SELECT *
    FROM resource_events FINAL
    WHERE event_type = 'metric' AND collector = 'cost_explorer'
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS line
LEFT JOIN covered ON toString(line.aws_account_id) = covered.account AND line.event_time = covered.event_time
WHERE line.observed_at >= covered.covered_at
SETTINGS join_use_nulls = 0;
