CREATE TABLE IF NOT EXISTS collector_runs {{on_cluster}}
(
    run_id          UUID,
    collector       LowCardinality(String),
    scope           LowCardinality(String),
    aws_account_id  LowCardinality(String),
    slot            DateTime64(3, 'UTC'),
    status          LowCardinality(String),
    started_at      DateTime64(3, 'UTC'),
    finished_at     Nullable(DateTime64(3, 'UTC')),
    deadline        DateTime64(3, 'UTC'),
    region_outcomes Map(String, String),
    region_errors   Map(String, String),
    region_events   Map(String, UInt64),
    events          UInt64,
    rejected        UInt64,
    block_ids       Array(String),
    block_rows      Array(UInt32),
    api_calls       Map(String, UInt64),
    api_cost_usd    Float64,
    errors          Array(String),
    observed_at     DateTime64(3, 'UTC'),

    CONSTRAINT run_id_is_set CHECK run_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT collector_is_set CHECK collector != '',
    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT slot_is_set CHECK slot >= toDateTime64('2006-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT deadline_is_set CHECK deadline >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT status_is_known CHECK status IN ('dispatched', 'complete', 'partial', 'denied', 'throttled', 'failed'),
    CONSTRAINT blocks_are_paired CHECK length(block_ids) = length(block_rows),
    CONSTRAINT api_cost_is_finite CHECK isFinite(api_cost_usd),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
PARTITION BY toYYYYMM(slot)
ORDER BY (collector, aws_account_id, slot, run_id)
SETTINGS {{deduplication}};
