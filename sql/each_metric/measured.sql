{# What the metric's address answers as its total. #}
{% from "each_metric/numbers.sql" import numbers, percentiles, upto %}
{% set others = metric.shown.items() | rejectattr("1.is_date") | list %}
{# the date of a day of the span #}
{% macro begun(end) %}
date_trunc('{{ metric.keys[metric.date].type }}', measured_{{ metric.name }}.{{ end }}::timestamp)::date
{%- endmacro %}
{% set source = "analytics." ~ metric.name %}
{% if not metric.is_stored %}
{% set source = source ~ "(" ~ begun("first") ~ ", measured_" ~ metric.name ~ ".last)" %}
{% endif %}
{% macro asked() %}
{% if metric.date %}
    stored.{{ metric.date }} BETWEEN {{ begun("first") }} AND measured_{{ metric.name }}.last
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
            {{ numbers(metric) | indent(12) | trim }}
        FROM
            (
                SELECT
{% for name, measure in metric.measures.items() %}
                    coalesce(sum(stored.{{ name }}){{ " FILTER (WHERE stored." ~ metric.date ~ " = " ~ begun(measure.state) ~ ")" if measure.state }}, 0){{ " * analytics.unit(coalesce(filters ->> '" ~ metric.apart[0] ~ "', reporting.currency))" if measure.is_minor }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
                FROM analytics.reporting LEFT JOIN {{ source }} AS stored ON
                    {{ asked() | indent(16) | trim }}
                GROUP BY reporting.currency
            ) AS summed
{% if metric.percentiles %}
            CROSS JOIN (
                SELECT
                    {{ percentiles(metric) | indent(20) | trim }}
                FROM (
                    SELECT
                        {{ upto(metric, of="stored.") | indent(24) | trim }}
                        stored.{{ metric.hidden }}
                    FROM analytics.reporting INNER JOIN {{ source }} AS stored ON
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
