CREATE TABLE IF NOT EXISTS ingest_canary {{on_cluster}}
(
    probe_id  UUID,
    probed_at DateTime64(3, 'UTC'),

    CONSTRAINT probe_id_is_set CHECK probe_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT probed_at_is_set CHECK probed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}MergeTree
ORDER BY (probed_at, probe_id)
TTL toDateTime(probed_at) + INTERVAL 1 DAY
SETTINGS {{deduplication}};
