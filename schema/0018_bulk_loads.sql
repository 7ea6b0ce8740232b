CREATE TABLE IF NOT EXISTS bulk_loads {{on_cluster}}
(
    load_id        UUID,
    kind           LowCardinality(String),
    source         LowCardinality(String),
    target         String,
    storage        LowCardinality(String),
    aws_account_id LowCardinality(String),
    bucket         LowCardinality(String),
    region         LowCardinality(String),
    key            String CODEC(ZSTD(1)),
    etag           String,
    bytes          UInt64,
    modified_at    DateTime64(3, 'UTC'),
    observed_at    DateTime64(3, 'UTC'),

    CONSTRAINT load_id_is_set CHECK load_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT kind_is_known CHECK kind IN ('cur', 'flow_logs'),
    CONSTRAINT source_is_set CHECK source != '',
    CONSTRAINT target_is_set CHECK target != '',
    CONSTRAINT storage_is_known CHECK storage IN ('s3', 'file'),
    CONSTRAINT object_is_set CHECK bucket != '' AND key != '',
    CONSTRAINT modified_at_is_set CHECK modified_at >= toDateTime64('2006-01-01 00:00:00', 3, 'UTC'),
    CONSTRAINT observed_at_is_set CHECK observed_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(observed_at)
ORDER BY (kind, source, load_id)
TTL toDateTime(observed_at) + INTERVAL 400 DAY
SETTINGS {{deduplication}};

CREATE TABLE IF NOT EXISTS bulk_load_results {{on_cluster}}
(
    -- One row per attempt, written when it begins and again when it ends, by the loader itself: it has no queue.
    load_id     UUID,
    attempt     UInt32,
    status      LowCardinality(String),
    loader      String,
    started_at  DateTime64(3, 'UTC'),
    -- Until then nobody else takes it; who is still at work moves it on.
    lease_until DateTime64(3, 'UTC'),
    retry_at    DateTime64(3, 'UTC'),
    files       UInt64,
    rows        UInt64,
    sums        Map(String, String),
    details     Map(String, String),
    elapsed_ms  UInt64,
    error       String CODEC(ZSTD(1)),
    recorded_at DateTime64(3, 'UTC'),

    CONSTRAINT load_id_is_set CHECK load_id != toUUID('00000000-0000-0000-0000-000000000000'),
    CONSTRAINT status_is_known CHECK status IN ('loading', 'loaded', 'failed', 'given_up', 'superseded', 'requeued'),
    CONSTRAINT recorded_at_is_set CHECK recorded_at >= toDateTime64('2020-01-01 00:00:00', 3, 'UTC')
)
ENGINE = {{replicated}}ReplacingMergeTree(recorded_at)
ORDER BY (load_id, attempt)
-- Clearly longer than the requests: one that outlived its result would be loaded again.
TTL toDateTime(recorded_at) + INTERVAL 460 DAY
SETTINGS {{deduplication}};

CREATE OR REPLACE VIEW bulk_load_undecided {{on_cluster}} AS
-- What a loader, `polo status` and the alarm begin with: as many rows as there is to do or to tell, however many were ever loaded.
SELECT load_id, kind, source, target
FROM bulk_loads
-- Merges delete what has expired some time later, so it is left out from the day on which it does.
WHERE observed_at > now64(3) - INTERVAL 400 DAY
    AND
    (
        load_id NOT IN (SELECT load_id FROM bulk_load_results WHERE status IN ('loaded', 'superseded'))
        OR load_id IN
        (
            SELECT load_id
            FROM bulk_load_results
            WHERE load_id IN (SELECT load_id FROM bulk_load_results WHERE status IN ('failed', 'requeued'))
            GROUP BY load_id
            HAVING argMax(status, (attempt, recorded_at)) NOT IN ('loaded', 'superseded')
        )
    );

CREATE OR REPLACE VIEW bulk_load_status {{on_cluster}} AS
WITH
    outcomes AS
    (
        SELECT
            result.load_id AS load_id,
            max(result.attempt) AS attempt,
            argMax((
                toString(result.status), result.loader, result.lease_until, result.retry_at, result.started_at,
                result.files, result.rows, result.sums, result.details, result.elapsed_ms, result.error, result.recorded_at
            ), result.attempt) AS last,
            maxIf(result.attempt, result.status = 'requeued') AS requeued,
            arrayFilter(one -> one > requeued, groupArrayIf(result.attempt, result.status IN ('failed', 'given_up', 'loading'))) AS tried
        FROM (SELECT * FROM bulk_load_results FINAL) AS result
        GROUP BY result.load_id
    )
SELECT
    load.load_id AS load_id,
    load.kind AS kind,
    load.source AS source,
    load.target AS target,
    load.storage AS storage,
    load.aws_account_id AS aws_account_id,
    load.bucket AS bucket,
    load.region AS region,
    load.key AS key,
    load.etag AS etag,
    load.bytes AS bytes,
    load.modified_at AS modified_at,
    load.observed_at AS observed_at,
    multiIf(outcomes.attempt = 0, 'pending', outcomes.last.1 = 'requeued', 'pending', outcomes.last.1) AS status,
    outcomes.attempt AS attempt,
    length(outcomes.tried) AS tries,
    outcomes.last.2 AS loader,
    outcomes.last.3 AS lease_until,
    outcomes.last.4 AS retry_at,
    outcomes.last.5 AS started_at,
    outcomes.last.6 AS files,
    outcomes.last.7 AS rows,
    outcomes.last.8 AS sums,
    outcomes.last.9 AS details,
    outcomes.last.10 AS elapsed_ms,
    outcomes.last.11 AS error,
    outcomes.last.12 AS recorded_at
FROM (SELECT * FROM bulk_loads FINAL WHERE observed_at > now64(3) - INTERVAL 400 DAY) AS load
LEFT JOIN outcomes ON load.load_id = outcomes.load_id
SETTINGS join_use_nulls = 0;
