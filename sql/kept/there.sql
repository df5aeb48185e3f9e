-- Whether the schema is there, and is ours.
SELECT
    to_regnamespace('kept') IS NOT NULL AS there,
    to_regclass('kept.revision') IS NOT NULL AS made
