-- Everything but the mirror is derived from it: an upgrade drops it all and calculates it again.
DROP SCHEMA IF EXISTS
    control, analytics, drift, pending, correction, slice, folded, derived, delta, truth, change, source, capture, link
CASCADE;

CREATE SCHEMA capture;
COMMENT ON SCHEMA capture IS 'Signed rows of the mirror, as they came.';
CREATE SCHEMA source;
COMMENT ON SCHEMA source IS 'The mirror in our own terms: every row with w = 1.';
CREATE SCHEMA change;
COMMENT ON SCHEMA change IS 'Captured signed rows in our own terms: what the summaries do not hold yet.';
CREATE SCHEMA truth;
COMMENT ON SCHEMA truth IS 'Each definition over source: what a summary must equal.';
CREATE SCHEMA delta;
COMMENT ON SCHEMA delta IS 'Each definition over change: what a summary must still be given.';
CREATE SCHEMA correction;
COMMENT ON SCHEMA correction IS 'What audits found to be missing in a summary, until it is folded.';
CREATE SCHEMA pending;
COMMENT ON SCHEMA pending IS 'Delta and correction together: what the next fold adds to each summary.';
CREATE SCHEMA drift;
COMMENT ON SCHEMA drift IS 'Truth minus summary minus pending: empty as long as everything is right.';
CREATE SCHEMA derived;
COMMENT ON SCHEMA derived IS 'Windows by the stored summaries: what they become when a new day begins.';
CREATE SCHEMA folded;
COMMENT ON SCHEMA folded IS 'The source without what is pending: what a ranking, which is no sum, was made of.';
CREATE SCHEMA slice;
COMMENT ON SCHEMA slice IS 'The part of the source that a ranking has to count again for what is pending.';
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Summary tables and materialized views: all that the API may read.';
CREATE SCHEMA control;
COMMENT ON SCHEMA control IS 'The verbs of the workers and the record of what they did.';

CREATE SCHEMA link;
COMMENT ON SCHEMA link IS 'The extension dblink, in nobody''s reach: for control.replicated_until() alone.';
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA link;

CREATE TABLE analytics.reporting (
    timezone text NOT NULL CHECK (now() AT TIME ZONE timezone IS NOT NULL),
    currency text NOT NULL CHECK (currency COLLATE "C" ~ '^[A-Z]{3}$')
);
CREATE UNIQUE INDEX reporting_is_one_row ON analytics.reporting ((true));
INSERT INTO analytics.reporting VALUES ('UTC', 'RUB');
COMMENT ON TABLE analytics.reporting IS 'The settings that answers are given with; one row.';
COMMENT ON COLUMN analytics.reporting.timezone IS 'Its midnights part the days.';
COMMENT ON COLUMN analytics.reporting.currency IS 'ISO 4217 code of the currency that answers are in unless asked otherwise.';

CREATE TABLE analytics.minor_unit (
    currency text COLLATE "C" PRIMARY KEY,
    unit     numeric NOT NULL
);
COMMENT ON TABLE analytics.minor_unit IS 'What a minor unit is worth: amounts are stored in them, and multiplied when they are read.';
COMMENT ON COLUMN analytics.minor_unit.currency IS 'ISO 4217 code; XXX stands for every currency that is not listed.';
COMMENT ON COLUMN analytics.minor_unit.unit IS '0.01 of RUB, 1 of JPY, 0.001 of KWD: its digits are those of the currency''s amounts.';

CREATE FUNCTION analytics.unit(currency text) RETURNS numeric
STABLE LANGUAGE sql
RETURN coalesce(
    (SELECT unit FROM analytics.minor_unit WHERE minor_unit.currency = unit.currency),
    (SELECT unit FROM analytics.minor_unit WHERE minor_unit.currency = 'XXX')
);
COMMENT ON FUNCTION analytics.unit(text) IS 'What a minor unit of the currency is worth.';

CREATE TABLE analytics.freshness (
    family     text PRIMARY KEY,
    ttl        interval NOT NULL,
    as_of      timestamptz,
    day        date,
    version    bigint,
    changed_at timestamptz
);
COMMENT ON TABLE analytics.freshness IS 'How fresh each answer is.';
COMMENT ON COLUMN analytics.freshness.family IS 'The answer: shared/registry.py lists them.';
COMMENT ON COLUMN analytics.freshness.ttl IS 'The most it may lag behind MentorHub.';
COMMENT ON COLUMN analytics.freshness.as_of IS 'Every change that MentorHub committed up to then is counted; NULL before the first rebuild.';
COMMENT ON COLUMN analytics.freshness.day IS 'The day in the reporting time zone that its windows end with.';
COMMENT ON COLUMN analytics.freshness.version IS 'Grows whenever a row behind the answer changes: microseconds since 1970, so that it never repeats, not even after an upgrade.';
COMMENT ON COLUMN analytics.freshness.changed_at IS 'When a row behind the answer last changed.';

CREATE FUNCTION analytics.now() RETURNS timestamptz
STABLE LANGUAGE sql
-- The setting analytics.now is a clock for tests; nothing sets it in production.
RETURN coalesce(nullif(current_setting('analytics.now', true), '')::timestamptz, pg_catalog.now());
COMMENT ON FUNCTION analytics.now() IS 'The current time.';

CREATE FUNCTION analytics.today() RETURNS date
STABLE LANGUAGE sql
RETURN (analytics.now() AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date;
COMMENT ON FUNCTION analytics.today() IS 'The current day in the reporting time zone.';

CREATE FUNCTION analytics.ratio(numerator numeric, denominator numeric, places integer DEFAULT 2) RETURNS numeric
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- each argument is named once, or the planner would not write it in place of a call; a quotient has
-- the digits of what is divided, and 16 in all where that has none: no decimals of a large sum
RETURN coalesce(round(numerator * 1.00000000000000000000 / nullif(denominator, 0), places), 0.00);
COMMENT ON FUNCTION analytics.ratio(numeric, numeric, integer) IS 'Exact decimals, half-up to 2 places or as many as asked for; 0 where there is nothing to divide by.';

CREATE FUNCTION source.instant(moment timestamptz) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN moment;
COMMENT ON FUNCTION source.instant(timestamptz) IS 'MentorHub of today.';

CREATE FUNCTION source.instant(moment timestamp) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN moment AT TIME ZONE 'UTC';
COMMENT ON FUNCTION source.instant(timestamp) IS 'Naive timestamps of MentorHub are UTC.';

CREATE FUNCTION source.instant(epoch double precision) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN to_timestamp(epoch);
COMMENT ON FUNCTION source.instant(double precision) IS 'Older installations keep seconds since 1970.';
