CREATE MATERIALIZED VIEW analytics.calendar AS
SELECT ago, today - ago AS day
FROM
    (SELECT analytics.today() AS today) AS clock
    CROSS JOIN generate_series(0, 364) AS ago;

CREATE UNIQUE INDEX calendar_key ON analytics.calendar (ago);

COMMENT ON MATERIALIZED VIEW analytics.calendar IS 'The days that answers may go back to, also those without a row; another one every midnight.';
COMMENT ON COLUMN analytics.calendar.ago IS 'Days before analytics.freshness.day.';
COMMENT ON COLUMN analytics.calendar.day IS 'Day in the reporting time zone.';
