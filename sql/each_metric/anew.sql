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
            {{ metric.keys | each | indent(12) }},
            {{ metric.measures | each("sum(?) AS ?") | indent(12) }}
        FROM (
            SELECT
{% for name, key in metric.keys.items() %}
                {{ name }}::{{ key.stored }} AS {{ name }},
{% endfor %}
                {{ metric.measures | each | indent(16) }}
            FROM truth.{{ metric.name }}
            UNION ALL
            SELECT
                {{ metric.keys | each | indent(16) }},
                {{ metric.measures | each("- ?") | indent(16) }}
            FROM analytics.{{ metric.name }}
        ) AS signed
        GROUP BY {{ metric.keys | listed }}
        HAVING
            {{ metric.measures | each("sum(?) <> 0", "\nOR ") | indent(12) }}
        ORDER BY {{ metric.keys | listed }}
    ) AS added
    ON
        {{ metric.keys | each("stored.? = added.?", "\nAND ") | indent(8) }}
    WHEN
        MATCHED
        AND {{ metric.measures | each("stored.? + added.? = 0", "\nAND ") | indent(8) }}
        THEN DELETE
    WHEN MATCHED THEN UPDATE SET
        {{ metric.measures | each("? = stored.? + added.?") | indent(8) }}
    WHEN NOT MATCHED THEN INSERT ({{ (metric.keys | list + metric.measures | list) | listed }}) VALUES (
        {{ metric.keys | each("added.?") | indent(8) }},
        {{ metric.measures | each("added.?") | indent(8) }}
    );
    GET DIAGNOSTICS changed = ROW_COUNT;
    -- what an audit found is in it
    DELETE FROM correction.{{ metric.name }};
    RETURN changed;
END
$$;

COMMENT ON FUNCTION control.count_{{ metric.name }}_anew() IS 'Counts {{ metric.name }} from nothing and writes what is another; returns how many rows changed.';
