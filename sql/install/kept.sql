-- What the API may see and write of schema kept: views, so that nobody needs a right there, and a
-- backup of it names no role.
CREATE VIEW analytics.note AS
SELECT
    id,
    day,
    text,
    written_by,
    written_at
FROM kept.note;
COMMENT ON VIEW analytics.note IS 'kept.note.';
GRANT INSERT (day, text), UPDATE (day, text), DELETE ON analytics.note TO analytics_reader;

CREATE VIEW analytics.journal AS
SELECT
    name,
    since
FROM kept.journal;
COMMENT ON VIEW analytics.journal IS 'kept.journal.';

CREATE VIEW analytics.goal AS
SELECT
    id,
    metric,
    measure,
    filters,
    days,
    value,
    text,
    written_by,
    written_at
FROM kept.goal;
COMMENT ON VIEW analytics.goal IS 'kept.goal.';
GRANT INSERT (metric, measure, filters, days, value, text), UPDATE (metric, measure, filters, days, value, text), DELETE
ON analytics.goal TO analytics_reader;
