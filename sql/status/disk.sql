-- Fails where the server's disk is full: what work_mem doesn't hold goes into a temporary file.
SELECT count(*) FROM generate_series(1, 20000)
