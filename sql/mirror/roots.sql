-- Tables with names of MentorHub's that pass on what they receive to tables of ours.
SELECT parent.relname::text
FROM
    pg_inherits
    INNER JOIN pg_class AS child ON child.oid = inhrelid
    INNER JOIN pg_class AS parent ON parent.oid = inhparent
WHERE child.relnamespace = to_regnamespace('public') AND child.relname = ANY (%(tables)s)
