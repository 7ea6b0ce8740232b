CREATE OR REPLACE VIEW collector_run_rows {{on_cluster}} AS
WITH
    published AS
    (
        SELECT run_id, collector, aws_account_id, slot, block.1 AS block_id, toInt64(block.2) AS rows
        FROM (SELECT * FROM collector_runs FINAL)
        ARRAY JOIN arrayZip(block_ids, block_rows) AS block
        WHERE status != 'dispatched'
    ),
    ledger AS
    (
        SELECT
            root_block_id,
            toInt64(maxIf(rows, entry = 'block')) AS block_rows,
            countIf(entry = 'block' AND outcome = 'stored') AS block_stored,
            toInt64(countIf(entry = 'row' AND outcome = 'stored')) AS rows_stored,
            toInt64(countIf(entry = 'row' AND outcome = 'dead')) AS rows_dead
        FROM (SELECT * FROM ingest_ledger FINAL)
        WHERE root_block_id IN (SELECT block_id FROM published)
        GROUP BY root_block_id
    ),
    accounted AS
    (
        SELECT
            published.*,
            if(block_stored > 0, greatest(block_rows - rows_dead, 0), rows_stored) AS stored,
            if(block_stored > 0, rows_dead, greatest(block_rows - rows_stored, rows_dead)) AS dead
        FROM published
        LEFT JOIN ledger ON published.block_id = ledger.root_block_id
    )
SELECT
    run_id,
    collector,
    aws_account_id,
    slot,
    toUInt64(sum(rows)) AS published_rows,
    toUInt64(sum(stored)) AS stored_rows,
    toUInt64(sum(dead)) AS dead_rows,
    groupArrayIf(block_id, stored + dead != rows) AS missing_blocks
FROM accounted
GROUP BY run_id, collector, aws_account_id, slot
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW collector_attempts {{on_cluster}} AS
SELECT
    run.run_id AS run_id,
    run.collector AS collector,
    run.scope AS scope,
    run.aws_account_id AS aws_account_id,
    run.slot AS slot,
    run.status AS status,
    multiIf(
        run.status != 'dispatched', run.status,
        run.deadline < now64(3), 'failed',
        'pending') AS outcome,
    multiIf(
        run.status != 'dispatched' AND length(rows.missing_blocks) = 0, 'reconciled',
        run.deadline < now64(3), 'missing',
        'pending') AS reconciliation,
    if(run.status = 'dispatched' AND run.deadline < now64(3),
        ['the job was dispatched and never reported back'],
        run.errors) AS errors,
    rows.published_rows AS published_rows,
    rows.stored_rows AS stored_rows,
    rows.dead_rows AS dead_rows,
    rows.missing_blocks AS missing_blocks,
    length(run.block_ids) AS block_count,
    run.events AS events,
    run.rejected AS rejected,
    run.region_outcomes AS region_outcomes,
    run.region_errors AS region_errors,
    run.region_events AS region_events,
    run.api_calls AS api_calls,
    run.api_cost_usd AS api_cost_usd,
    run.started_at AS started_at,
    run.finished_at AS finished_at,
    run.deadline AS deadline
FROM
(
    SELECT *
    FROM (SELECT * FROM collector_runs FINAL)
    WHERE status != 'dispatched'
       OR (collector, aws_account_id, slot) NOT IN
          (SELECT collector, aws_account_id, slot FROM collector_runs WHERE status != 'dispatched')
) AS run
LEFT JOIN collector_run_rows AS rows ON run.run_id = rows.run_id
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW collector_jobs {{on_cluster}} AS
SELECT *
FROM collector_attempts
ORDER BY status = 'dispatched', started_at DESC, run_id
LIMIT 1 BY collector, aws_account_id, slot;
