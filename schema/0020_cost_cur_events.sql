CREATE OR REPLACE VIEW counted_exports {{on_cluster}} AS
WITH
    -- Exports tell of the same money: per account, billing period and payer one counts, the first in the configuration, and of
    -- those that were the first when they were loaded the newest. One of which a line does not say who pays counts alone or not at all.
    loaded AS
    (
        SELECT
            aws_account_id,
            billing_period,
            export_name,
            (export_rank, -toUnixTimestamp64Milli(max(loaded_at)), toString(export_name)) AS precedence,
            groupUniqArray(toString(payer_account_id)) AS told,
            if(has(told, ''), [''], told) AS payers,
            -- Of any account: one may have cost nothing since.
            max(max(last_day)) OVER (PARTITION BY export_name, billing_period) AS told_until
        FROM
        (
            -- As the table's projection has it, word for word.
            SELECT
                aws_account_id, billing_period, export_name, export_rank, payer_account_id, max(observed_at) AS loaded_at,
                max(multiIf(
                usage_end < usage_start, toDate('2149-06-06'),
                charge_type IN ('usage', 'ri_covered_usage', 'savings_plan_covered_usage') AND usage_end > usage_start,
                toDate(usage_end - 1, 'UTC'), toDate(usage_start, 'UTC'))) AS last_day
            FROM cost_line_items
            GROUP BY aws_account_id, billing_period, export_name, export_rank, payer_account_id
        )
        GROUP BY aws_account_id, billing_period, export_name, export_rank
    ),
    eligible AS
    (
        SELECT *, first_value(payers) OVER (PARTITION BY aws_account_id, billing_period ORDER BY precedence) AS first_payers
        FROM loaded
    )
SELECT
    toString(aws_account_id) AS aws_account_id,
    billing_period,
    -- '' is every payer.
    arrayJoin(payers) AS payer_account_id,
    toString(argMin(export_name, precedence)) AS export_name,
    argMin(told_until, precedence) AS told_until,
    if(payer_account_id = '', argMin(told, precedence), [payer_account_id]) AS line_payers
FROM eligible
WHERE has(payers, '') = has(first_payers, '')
GROUP BY eligible.aws_account_id, billing_period, payer_account_id;

CREATE OR REPLACE VIEW cost_cur_events {{on_cluster}} AS
WITH
    -- An event is a day's lines of one resource, usage type and kind of charge.
    daily AS
    (
        SELECT
            export_name,
            billing_period,
            payer_account_id,
            aws_account_id,
            toDate(usage_start, 'UTC') AS usage_date,
            aws_region,
            resource_id,
            service,
            usage_type,
            operation,
            charge_type,
            line_item_type,
            currency,
            usage_unit,
            marqo_customer,
            marqo_cluster,
            marqo_index,
            marqo_env,
            marqo_purpose,
            account_role,
            sum(usage_amount) AS usage_quantity,
            sum(unblended_cost) AS unblended,
            sum(amortized_cost) AS amortized,
            sum(net_unblended_cost) AS net_unblended,
            sum(net_amortized_cost) AS net_amortized,
            max(invoice_id = '') AS is_estimated,
            max(observed_at) AS seen_at
        FROM cost_line_items
        WHERE (aws_account_id, billing_period, export_name, payer_account_id) IN
            (SELECT aws_account_id, billing_period, export_name, arrayJoin(line_payers) FROM counted_exports)
        GROUP BY
            export_name, billing_period, payer_account_id, aws_account_id, usage_date, aws_region, resource_id, service, usage_type,
            operation, charge_type, line_item_type, currency, usage_unit, marqo_customer, marqo_cluster, marqo_index, marqo_env,
            marqo_purpose, account_role
    )
SELECT
    -- A UUIDv5 (RFC 9562) of all that makes it this event, computed here as everywhere in Polo from the same namespace.
    toUUID(UUIDNumToString(toFixedString(concat(
        substring(digest, 1, 6), char(bitOr(bitAnd(ascii(substring(digest, 7, 1)), 15), 80)),
        substring(digest, 8, 1), char(bitOr(bitAnd(ascii(substring(digest, 9, 1)), 63), 128)), substring(digest, 10, 7)), 16))) AS event_id,
    toDateTime64(daily.usage_date, 3, 'UTC') AS event_time,
    'cost_cur' AS collector,
    toString(daily.aws_account_id) AS aws_account_id,
    toString(daily.aws_region) AS aws_region,
    if(startsWith(daily.resource_id, 'arn:'), daily.resource_id, '') AS resource_arn,
    if(daily.resource_id = '', 'aws:service', 'aws:resource') AS resource_type,
    if(daily.resource_id = '', toString(daily.service), daily.resource_id) AS resource_id,
    '' AS resource_name,
    'cost' AS event_type,
    'observed' AS event_action,
    '' AS actor_arn,
    '' AS actor_name,
    toString(daily.marqo_customer) AS marqo_customer,
    toString(daily.marqo_cluster) AS marqo_cluster,
    toString(daily.marqo_index) AS marqo_index,
    toString(daily.marqo_env) AS marqo_env,
    toString(daily.marqo_purpose) AS marqo_purpose,
    toString(daily.account_role) AS account_role,
    toFloat64(daily.unblended) AS value,
    toString(daily.currency) AS unit,
    mapFilter((k, v) -> v != '', map(
        'charge_type', toString(daily.charge_type),
        'record_type', toString(daily.line_item_type),
        'unblended_cost', toString(daily.unblended),
        'amortized_cost', toString(daily.amortized),
        'net_unblended_cost', toString(daily.net_unblended),
        'net_amortized_cost', toString(daily.net_amortized),
        'usage_type', toString(daily.usage_type),
        'operation', toString(daily.operation),
        'usage_quantity', toString(daily.usage_quantity),
        'usage_unit', toString(daily.usage_unit),
        'estimated', if(daily.is_estimated, 'true', 'false'),
        'payer_account', toString(daily.payer_account_id),
        'export_name', toString(daily.export_name))) AS properties,
    daily.seen_at AS observed_at,
    'cost_cur' AS source,
    toString(daily.payer_account_id) AS payer_account_id,
    daily.usage_date AS usage_date,
    daily.billing_period AS billing_period,
    toString(daily.service) AS service,
    toString(daily.charge_type) AS charge_type,
    toString(daily.line_item_type) AS record_type,
    toBool(daily.is_estimated) AS estimated,
    toString(daily.currency) AS currency,
    daily.unblended AS unblended_cost,
    daily.amortized AS amortized_cost,
    daily.net_unblended AS net_unblended_cost,
    daily.net_amortized AS net_amortized_cost
FROM
(
    SELECT
        *,
        SHA1(concat(
            unhex('6f1d6a5e3a0b5c1e9d570b1f6c2a7e48'),
            toJSONString((
                'cost_cur', export_name, billing_period, payer_account_id, aws_account_id, usage_date, aws_region, resource_id, service,
                usage_type, operation, charge_type, line_item_type, currency, usage_unit, marqo_customer, marqo_cluster, marqo_index,
                marqo_env, marqo_purpose, account_role)))) AS digest
    FROM daily
) AS daily;

CREATE OR REPLACE VIEW costs {{on_cluster}} AS
SELECT * FROM cost_cur_events
UNION ALL
-- It tells of the same money: of what an account costs a payer in a billing period that is loaded, line items count, and nothing
-- else up to the last day that the export tells of. Where it is delivered no more, costs do not end with it.
SELECT line.*
FROM cost_explorer_costs AS line
LEFT JOIN
(
    SELECT
        aws_account_id,
        billing_period,
        -- A member that was asked by itself calls itself the payer.
        arrayJoin([payer_account_id, aws_account_id]) AS payer_account_id,
        max(told_until) AS told_until
    FROM counted_exports
    GROUP BY aws_account_id, billing_period, payer_account_id
) AS export
    ON toString(line.aws_account_id) = export.aws_account_id
    AND line.billing_period = export.billing_period
    AND line.payer_account_id = export.payer_account_id
WHERE line.usage_date > export.told_until
  AND (toString(line.aws_account_id), line.billing_period) NOT IN
    (SELECT aws_account_id, billing_period FROM counted_exports WHERE payer_account_id = '')
SETTINGS join_use_nulls = 0;
