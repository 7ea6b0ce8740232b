CREATE TABLE IF NOT EXISTS ingest_attempts {{on_cluster}}
(
    body_hash   String,
    attempt_id  UUID,
    ended       UInt8,
    recorded_at DateTime64(3, 'UTC'),

    CONSTRAINT body_hash_is_set CHECK body_hash != '',
    CONSTRAINT attempt_id_is_set CHECK attempt_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT recorded_at_is_set CHECK recorded_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}MergeTree
ORDER BY (body_hash, attempt_id)
TTL toDateTime(recorded_at) + INTERVAL 14 DAY
SETTINGS {{deduplication}};
