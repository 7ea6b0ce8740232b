CREATE OR REPLACE VIEW collector_jobs {{on_cluster}} AS
SELECT *
FROM collector_attempts
ORDER BY status = 'dispatched', length(region_outcomes) DESC, started_at DESC, run_id
LIMIT 1 BY collector, aws_account_id, slot;
