/**
 * The condition, as SQL, of rows of `bulk_load_status` whose target some undecided load has for which `which` holds. What
 * compares loads of a target begins with it, so that it reads no others, however many were ever loaded.
 */
export function loadsBeside(which: string): string {
  return `load_id IN
    (
      SELECT load_id FROM bulk_loads
      WHERE (kind, source, target) IN (SELECT kind, source, target FROM bulk_load_undecided WHERE ${which})
    )`
}

/** The condition, as SQL, of rows of `bulk_load_status` that are not loaded, and in whose place nothing newer is. */
export const STILL_WANTED = `load_id IN
    (
      SELECT load_id
      FROM
      (
        SELECT load_id, status, modified_at, observed_at,
          maxIf((modified_at, observed_at), status = 'loaded') OVER (PARTITION BY kind, source, target) AS loaded
        FROM bulk_load_status
        WHERE ${loadsBeside('1')}
      )
      WHERE status NOT IN ('loaded', 'superseded') AND (modified_at, observed_at) > loaded
    )`

/**
 * How a load stands, as SQL over a row of `bulk_load_status`: whoever had it under way and let its lease run out was killed,
 * so it waits like one that nobody has begun.
 */
export const STATUS_NOW = `if(bulk_load_status.status = 'loading' AND bulk_load_status.lease_until <= now64(3), 'pending',
    toString(bulk_load_status.status))`
