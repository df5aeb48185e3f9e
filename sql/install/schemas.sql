-- Everything but the mirror is derived from it: an upgrade makes and calculates it again, beside what
-- was there (workers/before.py).
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
CREATE SCHEMA vanished;
COMMENT ON SCHEMA vanished IS 'Of the captured rows those that went, and each definition over them: which maxima may be gone.';
CREATE SCHEMA correction;
COMMENT ON SCHEMA correction IS 'What audits found to be missing in a summary, until it is folded.';
CREATE SCHEMA pending;
COMMENT ON SCHEMA pending IS 'Delta and correction together: what the next fold adds to each summary.';
CREATE SCHEMA drift;
COMMENT ON SCHEMA drift IS 'Truth minus summary minus pending: empty as long as everything is right.';
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Summary tables and materialized views: all that the API may read.';
CREATE SCHEMA control;
COMMENT ON SCHEMA control IS 'The verbs of the workers and the record of what they did.';

CREATE VIEW control.mirrored AS
SELECT relname::text AS name
FROM pg_trigger INNER JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname = 'note_edit' AND relnamespace = 'public'::regnamespace;
COMMENT ON VIEW control.mirrored IS 'The tables of the mirror: those whose edits are noted.';

-- outlives upgrades, as what is in it is the server's
CREATE SCHEMA IF NOT EXISTS link;
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

CREATE TABLE analytics.series (
    grain text PRIMARY KEY,
    since timestamptz NOT NULL
);
INSERT INTO analytics.series VALUES ('hour', '-infinity'), ('minute', '-infinity');
COMMENT ON TABLE analytics.series IS 'How long metrics are kept by the hour and by the minute.';
COMMENT ON COLUMN analytics.series.grain IS 'hour or minute.';
COMMENT ON COLUMN analytics.series.since IS 'What began before is not kept: neither stored nor part of the truth.';

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

CREATE FUNCTION analytics.intervals(grain text, first date, last date) RETURNS integer
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE grain
    WHEN 'week' THEN (last - first) / 7
    ELSE
        12 * (extract(YEAR FROM last) - extract(YEAR FROM first))::integer
        + (extract(MONTH FROM last) - extract(MONTH FROM first))::integer
END;
COMMENT ON FUNCTION analytics.intervals(text, date, date) IS 'How many weeks or months lie between the first days of two.';

CREATE FUNCTION analytics.whole(numerator numeric, denominator numeric) RETURNS numeric
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- div() and mod() round nothing, however long the numbers are
RETURN coalesce(
    div(
        numerator - mod(mod(numerator, nullif(denominator, 0)) + denominator, nullif(denominator, 0)),
        nullif(denominator, 0)
    ),
    0
);
COMMENT ON FUNCTION analytics.whole(numeric, numeric) IS 'The quotient''s greatest whole number that is no greater; 0 where there is nothing to divide by.';

-- What follows is called with MentorHub's values of whatever type, and never raises: a value that it
-- can't take is NULL. Ranges are compared before anything is converted. An argument is a column, or
-- the planner would not write a body that names it twice in place of a call.
CREATE FUNCTION source.instant(moment timestamptz) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- what RFC 3339 can say, with a day to spare for every time zone; NULL, infinite and BC are not in it
RETURN CASE
    WHEN moment >= timestamptz '0001-01-02 00:00:00+00' AND moment < timestamptz '9999-12-31 00:00:00+00' THEN moment
END;
COMMENT ON FUNCTION source.instant(timestamptz) IS 'MentorHub of today; NULL outside of the years 1 to 9999.';

CREATE FUNCTION source.instant(moment timestamp) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE
    WHEN moment >= timestamp '0001-01-02' AND moment < timestamp '9999-12-31' THEN moment AT TIME ZONE 'UTC'
END;
COMMENT ON FUNCTION source.instant(timestamp) IS 'Naive timestamps of MentorHub are UTC.';

CREATE FUNCTION source.instant(day date) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE
    WHEN day >= date '0001-01-02' AND day < date '9999-12-31' THEN day::timestamp AT TIME ZONE 'UTC'
END;
COMMENT ON FUNCTION source.instant(date) IS 'A day without a time began at midnight UTC.';

CREATE FUNCTION source.instant(epoch double precision) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE WHEN epoch >= -62135510400 AND epoch < 253402214400 THEN to_timestamp(epoch) END;
COMMENT ON FUNCTION source.instant(double precision) IS 'Older installations keep seconds since 1970.';

CREATE FUNCTION source.instant(epoch bigint) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE WHEN epoch >= -62135510400 AND epoch < 253402214400 THEN to_timestamp(epoch::double precision) END;
COMMENT ON FUNCTION source.instant(bigint) IS 'Older installations keep seconds since 1970.';

CREATE FUNCTION source.instant(epoch numeric) RETURNS timestamptz
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE WHEN epoch >= -62135510400 AND epoch < 253402214400 THEN to_timestamp(epoch::double precision) END;
COMMENT ON FUNCTION source.instant(numeric) IS 'Older installations keep seconds since 1970.';

CREATE FUNCTION source.number(value bigint) RETURNS bigint
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- a signed row counts -1 times what it holds: the smallest has no such inverse
RETURN nullif(value, -9223372036854775808);
COMMENT ON FUNCTION source.number(bigint) IS 'What can be added up and taken away again; the sum of bigint is numeric, and has no end.';

CREATE FUNCTION source.number(value numeric) RETURNS numeric
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- NaN is greater than every number
RETURN CASE WHEN value > -1e30 AND value < 1e30 THEN value END;
COMMENT ON FUNCTION source.number(numeric) IS 'NULL for NaN, the infinite, and what nothing counted has.';

CREATE FUNCTION source.number(value double precision) RETURNS numeric
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE WHEN value > -1e30::double precision AND value < 1e30::double precision THEN value::numeric END;
COMMENT ON FUNCTION source.number(double precision) IS 'NULL for NaN, the infinite, and what nothing counted has.';

CREATE FUNCTION source.number(value text) RETURNS numeric
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN CASE WHEN value ~ '^ *[+-]?[0-9]{1,30}([.][0-9]{1,30})? *$' THEN value::numeric END;
COMMENT ON FUNCTION source.number(text) IS 'Digits; NULL for any other text.';

CREATE FUNCTION source.flag(value boolean) RETURNS boolean
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN coalesce(value, false);
COMMENT ON FUNCTION source.flag(boolean) IS 'What nobody said is not so.';

CREATE FUNCTION source.flag(value bigint) RETURNS boolean
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN coalesce(value <> 0, false);
COMMENT ON FUNCTION source.flag(bigint) IS '0 and 1.';

CREATE FUNCTION source.flag(value text) RETURNS boolean
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN coalesce(lower(rtrim(value) COLLATE "C") IN ('t', 'true', 'y', 'yes', 'on', '1'), false);
COMMENT ON FUNCTION source.flag(text) IS 'Words that PostgreSQL itself takes for true.';

CREATE FUNCTION source.is_text(value text) RETURNS boolean
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- as workers/mentorhub.py has a byte written
RETURN coalesce(value !~ '(\uFFFD\u2060|\u001A\u001A)[23][0-7][0-7]', true);
COMMENT ON FUNCTION source.is_text(text) IS 'False for what came as bytes, as UTF-8 hasn''t what MentorHub''s text holds.';

CREATE FUNCTION source.word(value text) RETURNS text
IMMUTABLE PARALLEL SAFE LANGUAGE sql
-- In locale C, not in the database's: Turkish has another I. The mirror has char(n) as text, with its
-- blanks. Cut, as numbers are kept by it, and no index takes a text without end.
RETURN lower(rtrim(left(value, 200)) COLLATE "C");
COMMENT ON FUNCTION source.word(text) IS 'A label for machines: a role, a status. Of a longer text, what it begins with.';
