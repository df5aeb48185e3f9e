-- Make a range of a mirrored table what pg_temp.theirs holds, by what differs; triggers capture it
-- like replication. *<> compares what is stored: 1.0 and 1.00 are equal, and print differently.
WITH
    difference AS MATERIALIZED (
        SELECT
            coalesce(theirs.id, ours.id) AS key,
            theirs.id IS NULL AS is_gone,
            ours.id IS NULL AS is_new
        FROM
            pg_temp.theirs
            FULL JOIN (SELECT * FROM public.{table} WHERE {bounds}) AS ours ON ours.id = theirs.id
        WHERE ROW ({theirs})::record *<> ROW ({ours})::record
    ),
    deleted AS (
        DELETE FROM public.{table} AS ours USING difference WHERE is_gone AND ours.id = key
    ),
    updated AS (
        UPDATE public.{table} AS ours
        SET ({names}) = ROW ({theirs})
        FROM difference INNER JOIN pg_temp.theirs ON theirs.id = key
        WHERE NOT is_gone AND NOT is_new AND ours.id = key
    ),
    inserted AS (
        INSERT INTO public.{table} ({names})
        SELECT {theirs} FROM difference INNER JOIN pg_temp.theirs ON theirs.id = key WHERE is_new
    )
SELECT count(*) FROM difference
