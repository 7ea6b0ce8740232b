ALTER TABLE accounts_discovered {{on_cluster}}
    ADD COLUMN IF NOT EXISTS unknown String AFTER source,
    MODIFY ORDER BY (aws_account_id, unknown);

CREATE OR REPLACE VIEW known_accounts {{on_cluster}} AS
WITH
    sightings AS
    (
        SELECT *, splitByChar(',', unknown) AS unknown_fields
        FROM accounts_discovered
    ),
    discovered AS
    (
        SELECT
            seen.aws_account_id AS aws_account_id,
            argMaxIf(seen.name, seen.observed_at, NOT has(seen.unknown_fields, 'name')) AS name,
            argMaxIf(seen.email, seen.observed_at, NOT has(seen.unknown_fields, 'email')) AS email,
            argMaxIf(seen.ou_path, seen.observed_at, NOT has(seen.unknown_fields, 'ou_path')) AS ou_path,
            argMaxIf(toString(seen.status), seen.observed_at, NOT has(seen.unknown_fields, 'status')) AS status,
            argMaxIf(seen.tags, seen.observed_at, NOT has(seen.unknown_fields, 'tags')) AS tags,
            argMax(toString(seen.source), (seen.source = 'organization', seen.observed_at)) AS source,
            max(seen.observed_at) AS discovered_at
        FROM sightings AS seen
        GROUP BY seen.aws_account_id
    )
SELECT
    if(discovered.aws_account_id != '', discovered.aws_account_id, settings.aws_account_id) AS aws_account_id,
    discovered.name AS name,
    discovered.email AS email,
    discovered.ou_path AS ou_path,
    discovered.status AS status,
    discovered.tags AS tags,
    discovered.source AS source,
    settings.account_role AS account_role,
    multiIf(
        discovered.status NOT IN ('', 'ACTIVE'), 'suspended',
        settings.polo_status != '', settings.polo_status,
        'active') AS polo_status,
    settings.polo_read_role AS polo_read_role,
    settings.external_id AS external_id,
    settings.regions AS regions,
    if(discovered.aws_account_id != '', discovered.discovered_at, NULL) AS discovered_at
FROM discovered
FULL OUTER JOIN (SELECT * FROM accounts_settings FINAL) AS settings
    ON discovered.aws_account_id = settings.aws_account_id
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW account_scans {{on_cluster}} AS
WITH
    newest AS
    (
        SELECT
            toString(run.aws_account_id) AS aws_account_id,
            run.collector AS collector,
            maxIf(run.finished_at, run.status != 'dispatched') AS last_scan_at,
            argMaxIf(toString(run.status), ifNull(run.finished_at, run.started_at), run.status != 'dispatched') AS last_status,
            argMaxIf(run.errors[1], ifNull(run.finished_at, run.started_at), run.status != 'dispatched') AS last_status_error,
            maxIf(run.slot, run.status != 'dispatched') AS last_slot,
            maxIf(run.slot, run.status = 'dispatched' AND run.deadline < now64(3)) AS last_overdue_slot
        FROM collector_runs AS run
        -- More than four weekly slots; the months before would be read for nothing.
        WHERE run.slot >= now() - INTERVAL 35 DAY
        GROUP BY run.aws_account_id, run.collector
    ),
    -- All that are older would cost the ledger of all time.
    recent_completions AS
    (
        SELECT run_id, toString(aws_account_id) AS aws_account_id, collector, finished_at, block_ids, block_rows
        FROM (SELECT * FROM collector_runs FINAL WHERE slot >= now() - INTERVAL 35 DAY)
        WHERE run_id IN
        (
            SELECT run_id
            FROM collector_runs
            WHERE status = 'complete' AND slot >= now() - INTERVAL 35 DAY
            ORDER BY slot DESC
            LIMIT 100 BY collector, aws_account_id
        )
    ),
    published AS
    (
        SELECT run_id, block.1 AS block_id, toInt64(block.2) AS rows
        FROM recent_completions
        ARRAY JOIN arrayZip(block_ids, block_rows) AS block
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
    unreconciled AS
    (
        SELECT run_id
        FROM published
        LEFT JOIN ledger ON published.block_id = ledger.root_block_id
        WHERE rows != if(block_stored > 0,
            greatest(block_rows, rows_dead),
            greatest(block_rows, rows_stored + rows_dead))
    ),
    successes AS
    (
        SELECT aws_account_id, collector, max(finished_at) AS last_success_at
        FROM recent_completions
        WHERE run_id NOT IN (SELECT run_id FROM unreconciled)
        GROUP BY aws_account_id, collector
    )
SELECT
    newest.aws_account_id AS aws_account_id,
    newest.collector AS collector,
    newest.last_scan_at AS last_scan_at,
    successes.last_success_at AS last_success_at,
    multiIf(
        newest.last_overdue_slot > newest.last_slot, 'failed',
        newest.last_scan_at IS NULL, 'pending',
        newest.last_status) AS last_outcome,
    if(newest.last_overdue_slot > newest.last_slot,
        'the job was dispatched and never reported back',
        newest.last_status_error) AS last_error
FROM newest
LEFT JOIN successes ON newest.aws_account_id = successes.aws_account_id AND newest.collector = successes.collector
SETTINGS join_use_nulls = 0;

CREATE OR REPLACE VIEW aws_accounts {{on_cluster}} AS
SELECT
    known_accounts.*,
    scans.last_scan_at AS last_scan_at,
    scans.last_success_at AS last_success_at
FROM known_accounts
LEFT JOIN
(
    SELECT
        scan.aws_account_id AS aws_account_id,
        max(scan.last_scan_at) AS last_scan_at,
        max(scan.last_success_at) AS last_success_at
    FROM account_scans AS scan
    GROUP BY scan.aws_account_id
) AS scans ON known_accounts.aws_account_id = scans.aws_account_id
SETTINGS join_use_nulls = 0;
