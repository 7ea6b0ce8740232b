CREATE OR REPLACE VIEW collector_jobs {{on_cluster}} AS
SELECT *
FROM collector_attempts
-- An attempt that came to no region, such as by a role that was refused, says something of all of them.
ORDER BY
    status = 'dispatched',
    if(empty(region_outcomes), 1000000, length(region_outcomes)) DESC,
    started_at DESC,
    run_id
LIMIT 1 BY collector, aws_account_id, slot;
