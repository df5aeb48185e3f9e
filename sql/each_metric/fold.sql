{% set labels = metric.labels | list %}
{# what a label is from now on #}
{% macro now(name) -%}
CASE WHEN looked_up THEN found_{{ name }} ELSE greatest(stored.{{ name }}, added.{{ name }}) END
{%- endmacro %}
-- Row by row through the key's index, whatever the statistics say: "= ANY" can be neither
-- hashed nor merged, and a table that was small when the plan was made is not read as a whole.
CREATE FUNCTION control.fold_{{ metric.name }}() RETURNS bigint
LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    changed bigint;
BEGIN
{% if metric.grain %}
    IF EXISTS (SELECT FROM control.point_target) THEN
        INSERT INTO control.point (step, at, tags)
        SELECT
            '{{ metric.name }}',
            {{ metric.grain }},
            jsonb_build_object({% for name in metric.keys if name != metric.grain %}'{{ name }}', {{ name }}{{ ", " if not loop.last }}{% endfor %})
        FROM pending.{{ metric.name }};
    END IF;
{% endif %}
{% for name in held %}
    PERFORM capture.hold_{{ name }}();
{% endfor %}
    MERGE INTO analytics.{{ metric.name }} AS stored
    USING (
        SELECT
{% for name in labels %}
            found.{{ name }} AS found_{{ name }},
{% endfor %}
{% if labels %}
            looked_up,
{% endif %}
            signed.*
        FROM
            -- the index is met in its order
            (SELECT * FROM pending.{{ metric.name }} ORDER BY {{ metric.keys | listed }}) AS signed
{% if labels %}
            -- A maximum is looked up where it may be gone: nothing went, and nothing is asked.
            LEFT JOIN LATERAL (
                SELECT
                    {{ labels | each("there.? AS before_?") | indent(20) }}
                FROM analytics.{{ metric.name }} AS there
                WHERE
                    (
                        {{ labels | each("signed.gone_? IS NOT NULL", "\nOR ") | indent(24) }}
                    )
{% for name in metric.keys %}
                    AND there.{{ name }} = ANY (ARRAY[signed.{{ name }}])
{% endfor %}
            ) AS before ON true
            CROSS JOIN LATERAL (
                SELECT
                    is_wrong
{% for name in labels %}
                    OR coalesce(signed.gone_{{ name }} >= greatest(before_{{ name }}, signed.{{ name }}), false)
{% endfor %}
                    AS looked_up
            ) AS asked
            LEFT JOIN LATERAL (
                SELECT {{ labels | listed }}
                FROM truth.{{ metric.name }} AS there
                WHERE
                    looked_up
{% for name in metric.keys %}
                    AND there.{{ name }} = signed.{{ name }}
{% endfor %}
                -- keeps the planner from calculating all of truth for these few rows
                OFFSET 0
            ) AS found ON true
{% endif %}
    ) AS added
    ON
        {{ metric.keys | each("stored.? = ANY (ARRAY[added.?])", "\nAND ") | indent(8) }}
    WHEN
        MATCHED
        AND {{ metric.measures | each("stored.? + added.? = 0", "\nAND ") | indent(8) }}
{% for name in labels %}
        AND {{ now(name) }} IS NULL
{% endfor %}
        THEN DELETE
    WHEN
        MATCHED
        AND (
            {{ metric.measures | each("added.? <> 0", "\nOR ") | indent(12) }}
{% for name in labels %}
            OR stored.{{ name }} IS DISTINCT FROM {{ now(name) }}
{% endfor %}
        )
        THEN UPDATE SET
{% for name in labels %}
            {{ name }} = {{ now(name) }},
{% endfor %}
            {{ metric.measures | each("? = stored.? + added.?") | indent(12) }}
    -- who is not stored has nothing but zeros and NULLs
    WHEN
        NOT MATCHED
        AND (
            {{ metric.measures | each("added.? <> 0", "\nOR ") | indent(12) }}
{% for name in labels %}
            OR CASE WHEN looked_up THEN found_{{ name }} ELSE added.{{ name }} END IS NOT NULL
{% endfor %}
        )
        THEN INSERT ({{ (metric.keys | list + metric.counted | list) | listed }}) VALUES (
            {{ metric.keys | each("added.?") | indent(12) }},
{% for name in labels %}
            CASE WHEN looked_up THEN found_{{ name }} ELSE added.{{ name }} END,
{% endfor %}
            {{ metric.measures | each("added.?") | indent(12) }}
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    DELETE FROM correction.{{ metric.name }};
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.fold_{{ metric.name }}() IS 'Adds what is pending to {{ metric.name }}; returns how many rows changed.';
