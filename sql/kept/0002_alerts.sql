CREATE TABLE kept.alert (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    metric      text NOT NULL CHECK (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
    measure     text NOT NULL CHECK (measure ~ '^[a-z][a-z0-9_]{0,62}$'),
    filters     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(filters) = 'object'),
    days        integer NOT NULL DEFAULT 1 CHECK (days BETWEEN 1 AND 365),
    is_relative boolean NOT NULL DEFAULT false,
    direction   text NOT NULL CHECK (direction IN ('above', 'below')),
    threshold   numeric NOT NULL CHECK (abs(threshold) < 1e30),
    webhook     text CHECK (length(webhook) <= 1000),
    is_active   boolean NOT NULL DEFAULT true,
    text        text CHECK (length(text) BETWEEN 1 AND 200),
    written_by  bigint,
    written_at  timestamptz NOT NULL
);
CREATE TRIGGER sign BEFORE INSERT OR UPDATE ON kept.alert FOR EACH ROW EXECUTE FUNCTION kept.sign();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON kept.alert FOR EACH ROW EXECUTE FUNCTION kept.record();
COMMENT ON TABLE kept.alert IS 'Rules: when somebody is to be told of a number.';
COMMENT ON COLUMN kept.alert.id IS 'Its number.';
COMMENT ON COLUMN kept.alert.metric IS 'A metric of the catalogue.';
COMMENT ON COLUMN kept.alert.measure IS 'One of the metric''s measures or ratios, over all rows that it is about.';
COMMENT ON COLUMN kept.alert.filters IS 'Key to value: the rows of the metric that it is about; {} for all.';
COMMENT ON COLUMN kept.alert.days IS 'So many days that end today, where the metric has days; others are of all time.';
COMMENT ON COLUMN kept.alert.is_relative IS 'Whether the threshold is the change in percent against as many days before; else it is the number itself.';
COMMENT ON COLUMN kept.alert.direction IS 'It fires when the number is `above` or `below` the threshold.';
COMMENT ON COLUMN kept.alert.threshold IS 'In the measure''s own unit (amounts: main units of one currency, the reporting one unless filters name another), or in percent.';
COMMENT ON COLUMN kept.alert.webhook IS 'Where it is told, by POST; NULL where it is only listed.';
COMMENT ON COLUMN kept.alert.is_active IS 'Whether it is looked at.';
COMMENT ON COLUMN kept.alert.text IS 'What it is called; 200 characters at most.';
COMMENT ON COLUMN kept.alert.written_by IS 'Who wrote it last: users.id at MentorHub.';
COMMENT ON COLUMN kept.alert.written_at IS 'When it was last written.';

CREATE TABLE kept.firing (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert        bigint NOT NULL REFERENCES kept.alert (id) ON DELETE CASCADE,
    fired_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    value        numeric NOT NULL,
    previous     numeric,
    ended_at     timestamptz,
    attempts     integer NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz,
    error        text
);
CREATE UNIQUE INDEX firing_is_one_a_crossing ON kept.firing (alert) WHERE ended_at IS NULL;
CREATE INDEX firing_by_alert ON kept.firing (alert, fired_at);
CREATE INDEX firing_to_deliver ON kept.firing (next_at) WHERE delivered_at IS NULL;
COMMENT ON TABLE kept.firing IS 'Alerts that fired: a row for each time that a number crossed its threshold.';
COMMENT ON COLUMN kept.firing.id IS 'Its number; whoever is told twice knows by it.';
COMMENT ON COLUMN kept.firing.alert IS 'The rule.';
COMMENT ON COLUMN kept.firing.fired_at IS 'When the fold found it, that commits with it.';
COMMENT ON COLUMN kept.firing.value IS 'The number, or its change in percent.';
COMMENT ON COLUMN kept.firing.previous IS 'The number in as many days before, where the rule is relative.';
COMMENT ON COLUMN kept.firing.ended_at IS 'When the number had come back, or the rule was switched off; NULL while it is beyond.';
COMMENT ON COLUMN kept.firing.attempts IS 'How often the webhook was tried.';
COMMENT ON COLUMN kept.firing.next_at IS 'When it is tried next.';
COMMENT ON COLUMN kept.firing.delivered_at IS 'When it had been told.';
COMMENT ON COLUMN kept.firing.error IS 'Why the last try failed.';
