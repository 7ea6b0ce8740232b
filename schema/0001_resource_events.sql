CREATE TABLE IF NOT EXISTS resource_events {{on_cluster}}
(
    event_id        UUID,
    event_time      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    collector       LowCardinality(String),
    aws_account_id  LowCardinality(String),
    aws_region      LowCardinality(String),
    resource_arn    String CODEC(ZSTD(1)),
    resource_type   LowCardinality(String),
    resource_id     String CODEC(ZSTD(1)),
    resource_name   String CODEC(ZSTD(1)),
    event_type      LowCardinality(String),
    event_action    LowCardinality(String),
    actor_arn       String CODEC(ZSTD(1)),
    actor_name      String CODEC(ZSTD(1)),
    marqo_customer  LowCardinality(String),
    marqo_cluster   LowCardinality(String),
    marqo_index     LowCardinality(String),
    marqo_env       LowCardinality(String),
    marqo_purpose   LowCardinality(String),
    account_role    LowCardinality(String),
    value           Float64,
    unit            LowCardinality(String),
    properties      Map(String, String) CODEC(ZSTD(1)),
    observed_at     DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),

    CONSTRAINT event_id_is_set CHECK event_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT event_time_is_set CHECK event_time >= toDateTime64('2006-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT collector_is_set CHECK collector != '',
    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT resource_is_set CHECK resource_type != '' AND resource_id != '',
    CONSTRAINT event_type_is_known CHECK event_type IN ('lifecycle', 'cost', 'metric', 'config', 'tag_change'),
    CONSTRAINT event_action_is_set CHECK event_action != '',
    CONSTRAINT value_is_finite CHECK isFinite(value),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC'),

    INDEX resource_arn_bloom resource_arn TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
PARTITION BY toYYYYMM(event_time)
ORDER BY (event_type, collector, aws_account_id, aws_region, resource_id, event_time, event_id)
SETTINGS {{deduplication}};
