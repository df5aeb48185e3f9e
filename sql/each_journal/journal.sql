{# Of what MentorHub overwrites, the moment of each change: kept.{{ journal.name }}. #}
{% from "each_table/vacuumed.sql" import vacuumed %}
{% set columns = journal.keys + journal.measures %}
{# what it is from now on, found by its key; `of` whom #}
{% macro becomes(of) %}
{% if journal.stated %}
(
    SELECT coalesce(sum(there.{{ journal.stated }}), 0)
    FROM truth.{{ journal.name }} AS there
    WHERE {% for name in journal.keys %}there.{{ name }} = {{ of }}.{{ name }}{{ " AND " if not loop.last }}{% endfor %}

)
{%- endif %}
{% endmacro %}
{% macro differs(template="?") %}
{% for name in journal.measures %}
{{ template | replace("?", name) }} <> 0{{ " OR " if not loop.last }}
{%- endfor %}
{% endmacro %}
CREATE VIEW analytics.{{ journal.name }} AS
SELECT
    {{ journal.added | each | indent(4) }}
FROM kept.{{ journal.name }};

COMMENT ON VIEW analytics.{{ journal.name }} IS 'kept.{{ journal.name }}.';

CREATE TABLE capture.{{ journal.name }} AS
SELECT
    *,
    1::smallint AS w
FROM analytics.{{ journal.name }}
WITH NO DATA;

-- Every row lives in a fold only: it is vacuumed by count, not by share.
ALTER TABLE capture.{{ journal.name }} SET (
    {{ vacuumed() | indent(4) | trim }}
);

COMMENT ON TABLE capture.{{ journal.name }} IS 'New entries of kept.{{ journal.name }}.';

CREATE VIEW drift.{{ journal.name }} AS
SELECT
    {{ journal.keys | each | indent(4) }},
    {{ journal.measures | each("sum(?) AS ?") | indent(4) }}
FROM (
    SELECT
        {{ columns | each | indent(8) }}
    FROM truth.{{ journal.name }}
    UNION ALL
    SELECT
        {{ journal.keys | each | indent(8) }},
        {{ journal.measures | each("- ?") | indent(8) }}
    FROM delta.{{ journal.name }}
    UNION ALL
    SELECT
        {{ journal.keys | each | indent(8) }},
        {{ journal.measures | each("- ?") | indent(8) }}
    FROM analytics.{{ journal.name }}
) AS signed
GROUP BY {{ journal.keys | join(", ") }}
HAVING {{ differs("sum(?)") | trim }};

COMMENT ON VIEW drift.{{ journal.name }} IS 'Of whom the entries do not add up to what they are, and what they lack: empty.';

CREATE FUNCTION control.fold_{{ journal.name }}() RETURNS bigint
LANGUAGE plpgsql
{% if journal.stated %}
-- a table that was small when the plan was made is not read as a whole
SET enable_seqscan = off
{% endif %}
AS $$
DECLARE
    is_compared boolean := EXISTS (SELECT FROM control.repair WHERE step = '{{ journal.name }}');
    written     bigint;
BEGIN
    WITH entry AS (
        INSERT INTO kept.{{ journal.name }} (happened_at, found_by, {{ journal.written | join(", ") }})
        SELECT
            analytics.now(),
            CASE WHEN is_compared THEN 'comparison' ELSE 'fold' END,
            added.*{{ "," if journal.stated }}
            {{ becomes("added") | indent(12) | trim }}
        FROM (
            SELECT
                {{ journal.keys | each | indent(16) }},
                {{ journal.measures | each("sum(?) AS ?") | indent(16) }}
            FROM (
                SELECT * FROM delta.{{ journal.name }}
                UNION ALL
                SELECT * FROM drift.{{ journal.name }} WHERE is_compared
            ) AS signed
            GROUP BY {{ journal.keys | join(", ") }}
        ) AS added
        WHERE {{ differs() | trim }}
        RETURNING {{ journal.added | join(", ") }}
    )

    INSERT INTO capture.{{ journal.name }} ({{ journal.added | join(", ") }}, w)
    SELECT
        *,
        1
    FROM entry;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION control.fold_{{ journal.name }}() IS 'Adds to {{ journal.name }} what changed; returns how many entries that are.';

CREATE FUNCTION control.refill_{{ journal.name }}() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    written bigint;
BEGIN
    IF EXISTS (SELECT FROM kept.journal WHERE name = '{{ journal.name }}') THEN
        -- what happened while nobody looked is found now
        INSERT INTO kept.{{ journal.name }} (happened_at, found_by, {{ journal.written | join(", ") }})
        SELECT
            analytics.now(),
            'comparison',
            added.*{{ "," if journal.stated }}
            {{ becomes("added") | indent(12) | trim }}
        FROM drift.{{ journal.name }} AS added;
    ELSE
        INSERT INTO kept.journal (name, since) VALUES ('{{ journal.name }}', analytics.now());
        INSERT INTO kept.{{ journal.name }} (happened_at, found_by, {{ journal.written | join(", ") }})
        SELECT
            -- what has no moment, or one to come, was there by now
            least(happened_at, analytics.now()),
            'opening',
            {{ journal.written | each | indent(12) }}
        FROM truth.{{ journal.name }}_opening
        WHERE {{ differs() | trim }};
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION control.refill_{{ journal.name }}() IS 'Begins {{ journal.name }} with what there is; or adds to it what it lacks. Returns how many entries that are.';
