{% from "each_table/vacuumed.sql" import vacuumed %}
-- Other metrics are counted from it: whatever changes a row of it, the signed rows are there.
CREATE TABLE capture.{{ metric.name }} AS
SELECT
    {{ metric.added | each | indent(4) }},
    1::smallint AS w
FROM analytics.{{ metric.name }}
WITH NO DATA;

-- Every row lives in a fold only: it is vacuumed by count, not by share.
ALTER TABLE capture.{{ metric.name }} SET (
    {{ vacuumed() | indent(4) | trim }}
);

COMMENT ON TABLE capture.{{ metric.name }} IS 'Signed rows of analytics.{{ metric.name }}.';

CREATE FUNCTION capture.{{ metric.name }}_rows() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO capture.{{ metric.name }} ({{ metric.added | listed }}, w)
        SELECT {{ metric.added | listed }}, -1 FROM old_rows;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO capture.{{ metric.name }} ({{ metric.added | listed }}, w)
        SELECT {{ metric.added | listed }}, 1 FROM new_rows;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION capture.{{ metric.name }}_rows() IS 'Appends what a statement changed in analytics.{{ metric.name }}.';

CREATE TRIGGER capture_inserted AFTER INSERT ON analytics.{{ metric.name }}
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION capture.{{ metric.name }}_rows();

CREATE TRIGGER capture_updated AFTER UPDATE ON analytics.{{ metric.name }}
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION capture.{{ metric.name }}_rows();

CREATE TRIGGER capture_deleted AFTER DELETE ON analytics.{{ metric.name }}
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION capture.{{ metric.name }}_rows();

-- ALWAYS, as those of the mirror: a session may inherit that it is a replica's.
ALTER TABLE analytics.{{ metric.name }}
    ENABLE ALWAYS TRIGGER capture_inserted,
    ENABLE ALWAYS TRIGGER capture_updated,
    ENABLE ALWAYS TRIGGER capture_deleted;
