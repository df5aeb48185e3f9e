CREATE TABLE analytics.unusable_row (
    mirrored text,
    id       bigint,
    reason   text,
    rows     bigint NOT NULL,
    PRIMARY KEY (mirrored, id, reason)
);

COMMENT ON TABLE analytics.unusable_row IS 'Rows set aside: what depends on the value is counted without them, until MentorHub corrects it.';
COMMENT ON COLUMN analytics.unusable_row.mirrored IS 'MentorHub''s table.';
COMMENT ON COLUMN analytics.unusable_row.id IS 'The row''s id there.';
COMMENT ON COLUMN analytics.unusable_row.reason IS 'Which column can''t be used, and why.';
COMMENT ON COLUMN analytics.unusable_row.rows IS 'Always 1.';
