-- What the reader's queries share.
CREATE VIEW analytics.answer AS
-- materialized: inlined, the function would be called for every day of a series
WITH clock AS MATERIALIZED (
    SELECT analytics.today() AS today
)

SELECT
    freshness.family,
    freshness.as_of,
    freshness.version,
    freshness.changed_at,
    reporting.timezone,
    reporting.currency,
    clock.today
FROM analytics.freshness CROSS JOIN analytics.reporting CROSS JOIN clock
WHERE freshness.as_of IS NOT NULL;

COMMENT ON VIEW analytics.answer IS 'Each answer that can be given, as of when it is right, and the day it is given on.';

-- Read from the mirror and not from a summary, so that a demotion counts at once.
CREATE VIEW analytics.account AS
SELECT
    id AS user_id,
    role,
    is_active
FROM source.users;

COMMENT ON VIEW analytics.account IS 'Who may ask: role and state of each account, as of the last replicated change.';

GRANT USAGE ON SCHEMA analytics TO analytics_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO analytics_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics TO analytics_reader;
