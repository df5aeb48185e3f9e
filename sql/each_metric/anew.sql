{# Where most of what it is counted from is another, all of it costs less than twice those who were touched. #}
-- Whatever is believed of the tables' sizes, a hash join is linear.
CREATE FUNCTION control.count_{{ metric.name }}_anew() RETURNS bigint
LANGUAGE plpgsql
SET enable_nestloop = off SET enable_mergejoin = off
AS $$
DECLARE
    changed bigint;
BEGIN
    MERGE INTO analytics.{{ metric.name }} AS stored
    USING (
        SELECT
{% for name in metric.keys %}
            {{ name }},
{% endfor %}
{% for name in metric.measures %}
            sum({{ name }}) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
        FROM (
            SELECT
{% for name, key in metric.keys.items() %}
                {{ name }}::{{ key.stored }} AS {{ name }},
{% endfor %}
{% for name in metric.measures %}
                {{ name }}{{ "," if not loop.last }}
{% endfor %}
            FROM truth.{{ metric.name }}
            UNION ALL
            SELECT
{% for name in metric.keys %}
                {{ name }},
{% endfor %}
{% for name in metric.measures %}
                - {{ name }}{{ "," if not loop.last }}
{% endfor %}
            FROM analytics.{{ metric.name }}
        ) AS signed
        GROUP BY {{ metric.keys | listed }}
        HAVING
{% for name in metric.measures %}
            {{ "OR " if not loop.first }}sum({{ name }}) <> 0
{% endfor %}
        ORDER BY {{ metric.keys | listed }}
    ) AS added
    ON
{% for name in metric.keys %}
        {{ "AND " if not loop.first }}stored.{{ name }} = added.{{ name }}
{% endfor %}
    WHEN
        MATCHED
{% for name in metric.measures %}
        AND stored.{{ name }} + added.{{ name }} = 0
{% endfor %}
        THEN DELETE
    WHEN MATCHED THEN UPDATE SET
{% for name in metric.measures %}
        {{ name }} = stored.{{ name }} + added.{{ name }}{{ "," if not loop.last }}
{% endfor %}
    WHEN NOT MATCHED THEN INSERT ({{ (metric.keys | list + metric.measures | list) | listed }}) VALUES (
{% for name in metric.keys %}
        added.{{ name }},
{% endfor %}
{% for name in metric.measures %}
        added.{{ name }}{{ "," if not loop.last }}
{% endfor %}
    );
    GET DIAGNOSTICS changed = ROW_COUNT;
    -- what an audit found is in it
    DELETE FROM correction.{{ metric.name }};
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.count_{{ metric.name }}_anew() IS 'Counts {{ metric.name }} from nothing and writes what is another; returns how many rows changed.';
