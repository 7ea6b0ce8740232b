CREATE TABLE IF NOT EXISTS cost_line_items {{on_cluster}}
(
    -- A billing period of an export is loaded whole, and its partition replaced in one step: no row is ever replaced by itself.
    export_name        LowCardinality(String),
    -- Of the exports that have a period of an account, the one with the lowest counts, and of those the newest: exports tell of
    -- the same money. As the configuration was when the period was loaded; 65535 is an export that it did not name.
    export_rank        UInt16,
    billing_period     Date,
    payer_account_id   LowCardinality(String),
    aws_account_id     LowCardinality(String),
    -- '' while AWS may still change the period.
    invoice_id         LowCardinality(String),
    line_item_id       String CODEC(ZSTD(1)),
    usage_start        DateTime('UTC') CODEC(Delta, ZSTD(1)),
    usage_end          DateTime('UTC') CODEC(Delta, ZSTD(1)),
    line_item_type     LowCardinality(String),
    charge_type        LowCardinality(String),
    service            LowCardinality(String),
    product_code       LowCardinality(String),
    usage_type         LowCardinality(String),
    operation          LowCardinality(String),
    aws_region         LowCardinality(String),
    availability_zone  LowCardinality(String),
    resource_id        String CODEC(ZSTD(1)),
    usage_amount       Float64,
    usage_unit         LowCardinality(String),
    unblended_cost     Decimal(38, 18) CODEC(ZSTD(1)),
    amortized_cost     Decimal(38, 18) CODEC(ZSTD(1)),
    net_unblended_cost Decimal(38, 18) CODEC(ZSTD(1)),
    net_amortized_cost Decimal(38, 18) CODEC(ZSTD(1)),
    list_cost          Decimal(38, 18) CODEC(ZSTD(1)),
    currency           LowCardinality(String),
    pricing_term       LowCardinality(String),
    commitment_id      LowCardinality(String),
    description        String CODEC(ZSTD(1)),
    marqo_customer     LowCardinality(String),
    marqo_cluster      LowCardinality(String),
    marqo_index        LowCardinality(String),
    marqo_env          LowCardinality(String),
    marqo_purpose      LowCardinality(String),
    account_role       LowCardinality(String),
    tags               Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    cost_categories    Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    properties         Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    observed_at        DateTime64(3, 'UTC'),

    -- Who asks for days reads their months only.
    INDEX usage_start_range usage_start TYPE minmax GRANULARITY 1,

    -- Who tells of what, and until which day: each query of costs asks it of all that was ever loaded, and reads no line for it.
    -- Lines may be of hours, of days or of the whole month; one that does not say when it ends tells of all days.
    PROJECTION told
    (
        SELECT
            aws_account_id, billing_period, export_name, export_rank, payer_account_id, max(observed_at),
            max(multiIf(
                usage_end < usage_start, toDate('2149-06-06'),
                charge_type IN ('usage', 'ri_covered_usage', 'savings_plan_covered_usage') AND usage_end > usage_start,
                toDate(usage_end - 1, 'UTC'), toDate(usage_start, 'UTC')))
        GROUP BY aws_account_id, billing_period, export_name, export_rank, payer_account_id
    ),

    CONSTRAINT export_is_set CHECK export_name != '',
    CONSTRAINT period_is_a_month CHECK billing_period >= toDate('2006-01-01') AND toDayOfMonth(billing_period) = 1,
    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT usage_start_is_set CHECK usage_start >= toDateTime('2006-01-01 00:00:00', 'UTC'),
    CONSTRAINT charge_type_is_set CHECK charge_type != '',
    CONSTRAINT usage_amount_is_finite CHECK isFinite(usage_amount),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}MergeTree
PARTITION BY (export_name, billing_period)
ORDER BY (aws_account_id, service, resource_id, usage_start)
-- A period is dropped whole or not at all, and another retention rewrites none.
SETTINGS {{deduplication}}, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1;
