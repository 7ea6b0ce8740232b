CREATE OR REPLACE VIEW collector_run_rows {{on_cluster}} AS
WITH
    published AS
    (
        SELECT run_id, collector, aws_account_id, slot, block.1 AS block_id, block.2 AS rows
        FROM (SELECT * FROM collector_runs FINAL)
        ARRAY JOIN arrayZip(block_ids, block_rows) AS block
        WHERE status != 'dispatched'
    ),
    entries AS
    (
        SELECT
            root_block_id,
            countIf(entry = 'block') AS block_entries,
            countIf(entry = 'block' AND outcome = 'stored') AS block_stored,
            countIf(entry = 'row' AND outcome = 'stored') AS rows_stored,
            countIf(entry = 'row' AND outcome = 'dead') AS rows_dead
        FROM (SELECT * FROM ingest_ledger FINAL)
        WHERE root_block_id IN (SELECT block_id FROM published)
        GROUP BY root_block_id
    )
SELECT
    run_id,
    collector,
    aws_account_id,
    slot,
    sum(rows) AS published_rows,
    sum(toUInt64(multiIf(block_stored > 0, rows - rows_dead, rows_stored))) AS stored_rows,
    sum(toUInt64(multiIf(block_stored > 0, rows_dead, block_entries > 0, rows - rows_stored, rows_dead))) AS dead_rows,
    groupArrayIf(block_id, block_entries = 0) AS missing_blocks
FROM published
LEFT JOIN entries ON published.block_id = entries.root_block_id
GROUP BY run_id, collector, aws_account_id, slot;

CREATE OR REPLACE VIEW collector_jobs {{on_cluster}} AS
WITH latest AS
    (
        SELECT *
        FROM (SELECT * FROM collector_runs FINAL)
        ORDER BY status != 'dispatched' DESC, started_at DESC
        LIMIT 1 BY collector, aws_account_id, slot
    )
SELECT
    latest.run_id AS run_id,
    latest.collector AS collector,
    latest.aws_account_id AS aws_account_id,
    latest.slot AS slot,
    multiIf(
        latest.status != 'dispatched', latest.status,
        latest.deadline < now64(3), 'failed',
        'pending') AS outcome,
    multiIf(
        latest.status = 'dispatched', 'pending',
        length(rows.missing_blocks) = 0 AND rows.published_rows = rows.stored_rows + rows.dead_rows, 'reconciled',
        latest.deadline < now64(3), 'missing',
        'pending') AS reconciliation,
    if(latest.status = 'dispatched' AND latest.deadline < now64(3),
        ['the job was dispatched and never reported back'],
        latest.errors) AS errors,
    rows.published_rows AS published_rows,
    rows.stored_rows AS stored_rows,
    rows.dead_rows AS dead_rows,
    rows.missing_blocks AS missing_blocks,
    length(latest.block_ids) AS block_count,
    latest.events AS events,
    latest.rejected AS rejected,
    latest.region_outcomes AS region_outcomes,
    latest.region_errors AS region_errors,
    latest.region_events AS region_events,
    latest.api_calls AS api_calls,
    latest.api_cost_usd AS api_cost_usd,
    latest.started_at AS started_at,
    latest.finished_at AS finished_at,
    latest.deadline AS deadline
FROM latest
LEFT JOIN collector_run_rows AS rows ON latest.run_id = rows.run_id;
