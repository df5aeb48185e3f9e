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
{% for name in labels %}
                    there.{{ name }} AS before_{{ name }}{{ "," if not loop.last }}
{% endfor %}
                FROM analytics.{{ metric.name }} AS there
                WHERE
                    (
{% for name in labels %}
                        {{ "OR " if not loop.first }}signed.gone_{{ name }} IS NOT NULL
{% endfor %}
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
{% for name in metric.keys %}
        {{ "AND " if not loop.first }}stored.{{ name }} = ANY (ARRAY[added.{{ name }}])
{% endfor %}
    WHEN
        MATCHED
{% for name in metric.measures %}
        AND stored.{{ name }} + added.{{ name }} = 0
{% endfor %}
{% for name in labels %}
        AND {{ now(name) }} IS NULL
{% endfor %}
        THEN DELETE
    WHEN
        MATCHED
        AND (
{% for name in metric.measures %}
            {{ "OR " if not loop.first }}added.{{ name }} <> 0
{% endfor %}
{% for name in labels %}
            OR stored.{{ name }} IS DISTINCT FROM {{ now(name) }}
{% endfor %}
        )
        THEN UPDATE SET
{% for name in labels %}
            {{ name }} = {{ now(name) }},
{% endfor %}
{% for name in metric.measures %}
            {{ name }} = stored.{{ name }} + added.{{ name }}{{ "," if not loop.last }}
{% endfor %}
    -- who is not stored has nothing but zeros and NULLs
    WHEN
        NOT MATCHED
        AND (
{% for name in metric.measures %}
            {{ "OR " if not loop.first }}added.{{ name }} <> 0
{% endfor %}
{% for name in labels %}
            OR CASE WHEN looked_up THEN found_{{ name }} ELSE added.{{ name }} END IS NOT NULL
{% endfor %}
        )
        THEN INSERT ({{ (metric.keys | list + metric.counted | list) | listed }}) VALUES (
{% for name in metric.keys %}
            added.{{ name }},
{% endfor %}
{% for name in labels %}
            CASE WHEN looked_up THEN found_{{ name }} ELSE added.{{ name }} END,
{% endfor %}
{% for name in metric.measures %}
            added.{{ name }}{{ "," if not loop.last }}
{% endfor %}
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    DELETE FROM correction.{{ metric.name }};
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.fold_{{ metric.name }}() IS 'Adds what is pending to {{ metric.name }}; returns how many rows changed.';
