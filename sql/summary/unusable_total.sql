CREATE TABLE analytics.unusable_total (
    mirrored text,
    reason   text,
    rows     bigint NOT NULL,
    PRIMARY KEY (mirrored, reason)
);

COMMENT ON TABLE analytics.unusable_total IS 'How many rows are set aside.';
COMMENT ON COLUMN analytics.unusable_total.mirrored IS 'MentorHub''s table.';
COMMENT ON COLUMN analytics.unusable_total.reason IS 'Which column can''t be used, and why.';
COMMENT ON COLUMN analytics.unusable_total.rows IS 'So many rows.';
