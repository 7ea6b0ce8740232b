CREATE TABLE IF NOT EXISTS hierarchy_nodes {{on_cluster}}
(
    node_id        String,
    node_type      LowCardinality(String),
    parent_id      String,
    name           String,
    aws_account_id String,
    is_deleted     UInt8,
    observed_at    DateTime64(3, 'UTC'),

    CONSTRAINT node_id_is_set CHECK node_id != '',
    CONSTRAINT node_type_is_set CHECK node_type != '',
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at, is_deleted)
ORDER BY node_id
SETTINGS {{deduplication}};
