-- What our publication publishes whole: every row, every kind of change.
SELECT
    tablename::text,
    attnames::text[]
FROM pg_publication_tables INNER JOIN pg_publication USING (pubname)
WHERE
    pubname = 'mentorhub_analytics'
    AND schemaname = 'public'
    AND rowfilter IS NULL
    AND pubinsert
    AND pubupdate
    AND pubdelete
    AND pubtruncate
    AND pubviaroot
