CREATE TABLE IF NOT EXISTS resource_relationships {{on_cluster}}
(
    collector       LowCardinality(String),
    aws_account_id  LowCardinality(String),
    aws_region      LowCardinality(String),
    from_type       LowCardinality(String),
    from_id         String CODEC(ZSTD(1)),
    from_arn        String EPHEMERAL,
    relation        LowCardinality(String),
    to_type         LowCardinality(String),
    to_id           String CODEC(ZSTD(1)),
    to_arn          String EPHEMERAL,
    properties      Map(String, String) EPHEMERAL,
    first_seen      SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_seen       SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    observed_at     SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    -- With the time that they were observed at, so that the newest are kept, whatever order they arrive in.
    latest          SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), Map(String, String)))
                    DEFAULT (observed_at, properties) CODEC(ZSTD(1)),
    -- One that is known comes before none, and then the newest: what is made anew by its name, such as an Auto Scaling group, has
    -- another ARN.
    newest_from_arn SimpleAggregateFunction(max, Tuple(Bool, DateTime64(3, 'UTC'), String))
                    DEFAULT (from_arn != '', observed_at, from_arn) CODEC(ZSTD(1)),
    newest_to_arn   SimpleAggregateFunction(max, Tuple(Bool, DateTime64(3, 'UTC'), String))
                    DEFAULT (to_arn != '', observed_at, to_arn) CODEC(ZSTD(1)),

    CONSTRAINT collector_is_set CHECK collector != '',
    CONSTRAINT account_is_set CHECK aws_account_id != '',
    CONSTRAINT region_is_set CHECK aws_region != '',
    CONSTRAINT from_is_set CHECK from_type != '' AND from_id != '',
    CONSTRAINT relation_is_set CHECK relation != '',
    CONSTRAINT to_is_set CHECK to_type != '' AND to_id != '',
    CONSTRAINT first_seen_is_set CHECK first_seen >= toDateTime64('2006-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT last_seen_is_not_earlier CHECK last_seen >= first_seen,
    CONSTRAINT last_seen_is_plausible CHECK last_seen < toDateTime64('2095-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC'),

    INDEX from_id_bloom from_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX to_id_bloom to_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = {{replicated}}AggregatingMergeTree
ORDER BY (collector, aws_account_id, aws_region, relation, from_type, from_id, to_type, to_id)
SETTINGS {{deduplication}};

CREATE OR REPLACE VIEW relationship_looks {{on_cluster}} AS
-- The newest at each region, of a day of looks: what it did not see is gone.
SELECT
    'relationships' AS collector,
    look.aws_account_id AS aws_account_id,
    look.aws_region AS aws_region,
    argMax(look.run_id, look.observed_at) AS run_id,
    argMax(look.slot, look.observed_at) AS slot,
    max(look.observed_at) AS observed_at
FROM stored_looks(collector = 'relationships', newest = 100) AS look
GROUP BY look.aws_account_id, look.aws_region;

CREATE OR REPLACE VIEW known_relationships {{on_cluster}} AS
SELECT
    edge.collector AS collector,
    edge.aws_account_id AS aws_account_id,
    edge.aws_region AS aws_region,
    edge.from_type AS from_type,
    edge.from_id AS from_id,
    edge.newest_from_arn.3 AS from_arn,
    edge.relation AS relation,
    edge.to_type AS to_type,
    edge.to_id AS to_id,
    edge.newest_to_arn.3 AS to_arn,
    splitByChar(':', edge.newest_from_arn.3)[5] AS from_account_id,
    splitByChar(':', edge.newest_to_arn.3)[5] AS to_account_id,
    edge.latest.2 AS properties,
    edge.first_seen AS first_seen,
    edge.last_seen AS last_seen,
    edge.observed_at AS observed_at,
    if(look.collector != '', look.observed_at, NULL) AS looked_at,
    edge.observed_at >= look.observed_at AS is_current
FROM (SELECT * FROM resource_relationships FINAL) AS edge
LEFT JOIN relationship_looks AS look
    ON edge.collector = look.collector
    AND edge.aws_account_id = look.aws_account_id
    AND edge.aws_region = look.aws_region
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW current_relationships {{on_cluster}} AS
SELECT * EXCEPT (is_current)
FROM known_relationships
WHERE is_current;
