{# What the metric's address answers as its total. #}
{% set others = metric.shown.items() | rejectattr("1.is_date") | list %}
{% macro asked() %}
{% if metric.date %}
    stored.{{ metric.date }} BETWEEN date_trunc('{{ metric.keys[metric.date].type }}', measured_{{ metric.name }}.first::timestamp)::date AND measured_{{ metric.name }}.last
{% else %}
    true
{% endif %}
{% for name, key in others %}
{% if key.apart %}
    AND stored.{{ name }} = coalesce(filters ->> '{{ name }}', reporting.currency)
{% else %}
    AND (filters ->> '{{ name }}' IS NULL OR stored.{{ name }} = (filters ->> '{{ name }}')::{{ key.stored }})
{% endif %}
{% endfor %}
{% endmacro %}
CREATE FUNCTION control.measured_{{ metric.name }}(filters jsonb, first date, last date) RETURNS jsonb
STABLE LANGUAGE sql
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT to_jsonb(whole)
    FROM (
        SELECT
{% for name in metric.numbers %}
            {{ metric.ratios[name].expression if name in metric.ratios else name }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
        FROM
            (
                SELECT
{% for name, measure in metric.measures.items() %}
                    coalesce(sum(stored.{{ name }}), 0){{ " * analytics.unit(coalesce(filters ->> '" ~ metric.apart[0] ~ "', reporting.currency))" if measure.unit == "money" }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
                FROM analytics.reporting LEFT JOIN analytics.{{ metric.name }} AS stored ON
                    {{ asked() | indent(16) | trim }}
                GROUP BY reporting.currency
            ) AS summed
{% if metric.percentiles %}
            CROSS JOIN (
                SELECT
{% for name, each in metric.percentiles.items() %}
                    coalesce(min({{ metric.hidden }}) FILTER (WHERE 100 * upto_{{ each.of }} >= {{ each.percent }} * all_{{ each.of }} AND all_{{ each.of }} > 0), 0) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
                FROM (
                    SELECT
{% for of in metric.percentiles.values() | map(attribute="of") | unique %}
                        sum(sum(stored.{{ of }})) OVER (ORDER BY stored.{{ metric.hidden }}) AS upto_{{ of }},
                        sum(sum(stored.{{ of }})) OVER () AS all_{{ of }},
{% endfor %}
                        stored.{{ metric.hidden }}
                    FROM analytics.reporting INNER JOIN analytics.{{ metric.name }} AS stored ON
                        {{ asked() | indent(20) | trim }}
                    GROUP BY stored.{{ metric.hidden }}
                ) AS counted
            ) AS ranked
{% endif %}
    ) AS whole
    -- of rows that it doesn't tell apart it has no numbers
    WHERE filters - ARRAY[{% for name, key in others %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %}]::text [] = '{}';
END;

COMMENT ON FUNCTION control.measured_{{ metric.name }}(jsonb, date, date) IS 'The numbers of {{ metric.name }} over the rows that filters say and these days, as its address answers them: amounts of one currency, in main units.';
