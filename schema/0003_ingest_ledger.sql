CREATE TABLE IF NOT EXISTS ingest_ledger {{on_cluster}}
(
    root_block_id String,
    entry         LowCardinality(String),
    row           UInt32,
    rows          UInt32,
    outcome       LowCardinality(String),
    rank          UInt8,
    schema        LowCardinality(String),
    collector     LowCardinality(String),
    run_id        String,
    block_id      String,
    reason        LowCardinality(String),
    code          Int32,
    message       String CODEC(ZSTD(1)),
    created_at    DateTime64(3, 'UTC'),
    recorded_at   DateTime64(3, 'UTC'),

    CONSTRAINT root_block_id_is_set CHECK root_block_id != '',
    CONSTRAINT entry_is_known CHECK entry IN ('block', 'row'),
    CONSTRAINT outcome_is_known CHECK (outcome = 'stored' AND rank = 2) OR (outcome = 'dead' AND rank = 1),
    CONSTRAINT rows_are_set CHECK rows > 0,
    CONSTRAINT created_at_is_set CHECK created_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(rank)
PARTITION BY toYYYYMM(created_at)
ORDER BY (root_block_id, entry, row)
SETTINGS {{deduplication}};
