-- What ends the oldest transaction that was prepared (two-phase commit) and neither committed nor taken
-- back, and where that is to be run; no row where there is none.
SELECT
    format('ROLLBACK PREPARED %L', gid),
    database
FROM pg_prepared_xacts
ORDER BY prepared
LIMIT 1
