{% from "each_table/vacuumed.sql" import vacuumed %}
-- Row triggers on the mirror append signed rows, in the transaction that applies the change. They
-- are ALWAYS enabled, or replication would not fire them. Statement triggers fire in replication for
-- TRUNCATE alone. A table has a function of its own, as dynamic SQL for each row would cost
-- several times as much. An upgrade finds those of before, which are replaced: to drop one would
-- take the lock that readers of accounts wait for.

-- Every row lives for a moment only: it is vacuumed by count, not by share.
CREATE TABLE capture.{{ table }} (LIKE public.{{ table }}) WITH (
    {{ vacuumed() | indent(4) | trim }},
    toast.autovacuum_enabled = false
);

COMMENT ON TABLE capture.{{ table }} IS 'Signed rows of public.{{ table }}.';

CREATE FUNCTION capture.{{ table }}_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO capture.{{ table }} ({{ columns | join(", ") }}, w)
        SELECT OLD.{{ columns | join(", OLD.") }}, -1;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO capture.{{ table }} ({{ columns | join(", ") }}, w)
        SELECT NEW.{{ columns | join(", NEW.") }}, 1;
    END IF;
    PERFORM pg_notify('mentorhub_analytics', '{{ table }}');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION capture.{{ table }}_row() IS 'Appends a change of a row of public.{{ table }}.';

CREATE FUNCTION capture.{{ table }}_truncated() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO capture.{{ table }} ({{ columns | join(", ") }}, w)
    SELECT {{ columns | join(", ") }}, -1 FROM public.{{ table }};
    PERFORM pg_notify('mentorhub_analytics', '{{ table }}');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION capture.{{ table }}_truncated() IS 'Appends that every row of public.{{ table }} vanishes.';

CREATE OR REPLACE TRIGGER capture_row AFTER INSERT OR DELETE ON public.{{ table }}
FOR EACH ROW EXECUTE FUNCTION capture.{{ table }}_row();

CREATE OR REPLACE TRIGGER capture_update AFTER UPDATE ON public.{{ table }}
FOR EACH ROW WHEN (
{% for name in measured %}
    {{ "OR " if not loop.first }}OLD.{{ name }} IS DISTINCT FROM NEW.{{ name }}
{% endfor %}
) EXECUTE FUNCTION capture.{{ table }}_row();

CREATE OR REPLACE TRIGGER capture_truncate BEFORE TRUNCATE ON public.{{ table }}
FOR EACH STATEMENT EXECUTE FUNCTION capture.{{ table }}_truncated();

ALTER TABLE public.{{ table }}
ENABLE ALWAYS TRIGGER capture_row,
ENABLE ALWAYS TRIGGER capture_update,
ENABLE ALWAYS TRIGGER capture_truncate;
