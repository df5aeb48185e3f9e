{# What is no sum is one for each {{ metric.per }}. #}
-- Of whoever was touched: what they count now, less what they counted before.
CREATE VIEW {{ metric.name }} AS
WITH touched AS MATERIALIZED (
{% for name in read %}
    {{ "UNION " if not loop.first }}SELECT {{ "DISTINCT " if read | length == 1 }}{{ metric.per }} FROM capture.{{ name }}
{% endfor %}
),

{% for name, other in read.items() %}
{{ name }}_now AS MATERIALIZED (
    SELECT
{% for column in other.added %}
        there.{{ column }}{{ "," if not loop.last }}
{% endfor %}
    FROM touched CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.{{ name }} AS there
        WHERE there.{{ metric.per }} = ANY (ARRAY[touched.{{ metric.per }}])
        OFFSET 0
    ) AS there
),

{{ name }}_before AS (
    SELECT
{% for column in other.keys %}
        {{ column }},
{% endfor %}
{% for column in other.measures %}
        sum({{ column }}) AS {{ column }}{{ "," if not loop.last }}
{% endfor %}
    FROM (
        SELECT
{% for column in other.added %}
            {{ column }}{{ "," if not loop.last }}
{% endfor %}
        FROM {{ name }}_now
        UNION ALL
        SELECT
{% for column in other.keys %}
            {{ column }},
{% endfor %}
{% for column in other.measures %}
            - w * {{ column }}{{ "," if not loop.last }}
{% endfor %}
        FROM capture.{{ name }}
    ) AS signed
    GROUP BY {{ other.keys | join(", ") }}
    HAVING
{% for column in other.measures %}
        {{ "OR " if not loop.first }}sum({{ column }}) <> 0
{% endfor %}
){{ "," if not loop.last }}

{% endfor %}
{% macro counted(moment) %}
{% for name in read %}
{{ "WITH " if loop.first }}{{ name }} AS (SELECT *, 1 AS w FROM {{ name }}_{{ moment }}){{ "," if not loop.last }}
{% endfor %}
SELECT * FROM (
{{ metric.select }}
) AS counted
{% endmacro %}
SELECT
{% for name in metric.keys %}
    {{ name }},
{% endfor %}
{% for name in metric.measures %}
    sum({{ name }}) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
FROM (
    SELECT
{% for name in metric.given %}
        {{ name }}{{ "," if not loop.last }}
{% endfor %}
    FROM (
{{ counted("now") }}    ) AS now
    UNION ALL
    SELECT
{% for name in metric.keys %}
        {{ name }},
{% endfor %}
{% for name in metric.measures %}
        - {{ name }}{{ "," if not loop.last }}
{% endfor %}
    FROM (
{{ counted("before") }}    ) AS before
) AS signed
WHERE {% for name in metric.keys %}{{ name }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %}

GROUP BY {{ metric.keys | join(", ") }}
-- most of what they count is what it was
HAVING
{% for name in metric.measures %}
    {{ "OR " if not loop.first }}sum({{ name }}) <> 0
{% endfor %};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
