{# What is no sum is one for each {{ metric.per }}. #}
{% macro whole(name, columns, owners) %}
SELECT
        {{ columns | each("there.?") | indent(8) }}
    FROM {{ owners }} AS owner CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.{{ name }} AS there
        WHERE there.{{ metric.per }} = ANY (ARRAY[owner.{{ metric.per }}])
        OFFSET 0
    ) AS there
{% endmacro %}
{% macro owners(names) %}
{% for name in names %}
    {{ "UNION " if not loop.first }}SELECT {{ "DISTINCT " if names | length == 1 }}{{ metric.per }} FROM {{ name }}_changed
{% endfor %}
{% endmacro %}
-- Of whoever was touched: what they count now, less what they counted before.
CREATE VIEW {{ metric.name }} AS
WITH
{% for name, other in read.items() %}
{% if name in metric.near %}
{{ name }}_changed AS (SELECT {{ metric.named(other) | listed }}, more FROM capture.{{ name }}_near WHERE more <> 0),

{% else %}
-- rows that another sum came to, of those that the definition names, are no change
{{ name }}_changed AS MATERIALIZED (
    SELECT
        {{ metric.named(other) | each | indent(8) }},
        sum(w)::integer AS more
    FROM capture.{{ name }}
    GROUP BY {{ metric.named(other) | listed }}
    HAVING sum(w) <> 0
),

{% endif %}
{% endfor %}
{% for name, other in read.items() %}
{% set columns = metric.named(other) %}
{% set others = read | reject("eq", name) | list if name in metric.near else read | list %}
{% if others %}
{{ name }}_owners AS (
{{ owners(others) }}),

{% endif %}
-- changes are what is there now, less what was there before
{{ name }}_both AS {{ "NOT " if name in held and not others }}MATERIALIZED (
{% if others %}
    SELECT
        {{ columns | each | indent(8) }},
        max(now) AS now,
        max(now) - sum(more) AS before
    FROM (
        SELECT *, 1 AS now, 0 AS more FROM (
    {{ whole(name, columns, name ~ "_owners") | indent(4) | trim }}
        ) AS there
        UNION ALL
        SELECT
            {{ columns | each | indent(12) }},
{% if name in metric.near %}
            now,
            more
        FROM capture.{{ name }}_near
{% else %}
            (more > 0)::integer,
            more
        FROM {{ name }}_changed
{% endif %}
    ) AS signed
    GROUP BY {{ columns | listed }}
{% else %}
    SELECT
        {{ columns | each | indent(8) }},
        now,
        now - more AS before
    FROM capture.{{ name }}_near
{% endif %}
){{ "," if not loop.last }}

{% endfor %}
{% macro counted(moment) %}
{% for name, other in read.items() %}
{{ "WITH " if loop.first }}{{ name }} AS (SELECT {{ metric.named(other) | listed }}, 1 AS w FROM {{ name }}_both WHERE {{ moment }} = 1){{ "," if not loop.last }}
{% endfor %}
SELECT * FROM (
{{ metric.select }}
-- what a key is calculated from is calculated once, and not again by the condition on it
OFFSET 0
) AS counted
{% endmacro %}
SELECT *
FROM (
    SELECT
        {{ metric.given | each | indent(8) }}
    FROM (
{{ counted("now") }}    ) AS now
    UNION ALL
    SELECT
        {{ metric.keys | each | indent(8) }},
        {{ metric.measures | each("- ?") | indent(8) }}
    FROM (
{{ counted("before") }}    ) AS before
) AS signed
WHERE {{ metric.keys | each("? IS NOT NULL", " AND ") }};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
