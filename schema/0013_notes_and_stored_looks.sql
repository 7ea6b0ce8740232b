ALTER TABLE collector_runs {{on_cluster}}
    ADD COLUMN IF NOT EXISTS notes Array(String) AFTER errors,
    ADD COLUMN IF NOT EXISTS asked_regions Array(String) AFTER notes;

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
    run.notes AS notes,
    run.asked_regions AS asked_regions,
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
-- A look at a region that somebody asked for says nothing of the others: it stands for its job only where there is no other.
ORDER BY
    status = 'dispatched',
    length(asked_regions) = 0 DESC,
    length(asked_regions) DESC,
    started_at DESC,
    run_id
LIMIT 1 BY collector, aws_account_id, slot;

CREATE OR REPLACE VIEW stored_looks {{on_cluster}} AS
-- What concludes from absence goes by these: the newest looks of one collector at each account and region that were complete,
-- of runs of which every row is stored. Stricter than reconciled: a row that was dead-lettered is accounted for, and still not
-- there. All that are older than the newest would cost the ledger of all time.
WITH
    complete AS
    (
        SELECT run_id, aws_account_id, seen_region, slot, observed_at, block_ids, block_rows
        FROM
        (
            -- Most runs are complete in the same regions: the newest of those are all that can be the newest of a region, and
            -- few of all that there ever were.
            SELECT
                *,
                arraySort(mapKeys(mapFilter((region, outcome) -> outcome = 'complete', region_outcomes))) AS seen_regions
            FROM collector_runs FINAL
            WHERE collector = {collector:String}
            ORDER BY observed_at DESC
            LIMIT {newest:UInt32} BY aws_account_id, seen_regions
        )
        ARRAY JOIN seen_regions AS seen_region
        ORDER BY observed_at DESC
        LIMIT {newest:UInt32} BY aws_account_id, seen_region
    ),
    published AS
    (
        SELECT DISTINCT run_id, block.1 AS block_id, toInt64(block.2) AS rows
        FROM complete
        ARRAY JOIN arrayZip(block_ids, block_rows) AS block
    ),
    ledger AS
    (
        SELECT
            root_block_id,
            toInt64(maxIf(entry_rows, entry = 'block')) AS block_rows,
            countIf(entry = 'block' AND is_stored) AS block_stored,
            toInt64(countIf(entry = 'row' AND is_stored)) AS rows_stored,
            toInt64(countIf(entry = 'row' AND NOT is_stored)) AS rows_dead
        FROM
        (
            -- Of each entry that which FINAL would leave, for less than a third: FINAL merges the entries of every block, of all
            -- collectors and of all time, to find some.
            SELECT root_block_id, entry, row, max(rows) AS entry_rows, max(rank) = 2 AS is_stored
            FROM ingest_ledger
            WHERE collector = {collector:String} AND root_block_id IN (SELECT block_id FROM published)
            GROUP BY root_block_id, entry, row
        )
        GROUP BY root_block_id
    ),
    lacking AS
    (
        SELECT run_id
        FROM published
        LEFT JOIN ledger ON published.block_id = ledger.root_block_id
        WHERE rows != if(block_stored > 0, block_rows - rows_dead, rows_stored)
    )
SELECT
    complete.run_id AS run_id,
    toString(complete.aws_account_id) AS aws_account_id,
    complete.seen_region AS aws_region,
    complete.slot AS slot,
    complete.observed_at AS observed_at
FROM complete
WHERE complete.run_id NOT IN (SELECT run_id FROM lacking)
SETTINGS join_use_nulls = 0;
