{# What is no sum is one for each {{ metric.per }}. #}
{% macro whole(name, columns, owners) %}
SELECT
{% for column in columns %}
        there.{{ column }}{{ "," if not loop.last }}
{% endfor %}
    FROM {{ owners }} AS owner CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.{{ name }} AS there
        WHERE there.{{ metric.per }} = ANY (ARRAY[owner.{{ metric.per }}])
        OFFSET 0
    ) AS there
{% endmacro %}
{# The rows next to a changed one in the order of the key: the index gives them, and no more. #}
{% macro beside(name, columns, order, sign, direction) %}
SELECT
{% for column in columns %}
        there.{{ column }}{{ "," if not loop.last }}
{% endfor %}
    FROM {{ name }}_changed AS changed CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.{{ name }} AS there
        WHERE
            there.{{ metric.per }} = changed.{{ metric.per }}
            AND ({% for key in order %}there.{{ key }}{{ ", " if not loop.last }}{% endfor %}) {{ sign }} ({% for key in order %}changed.{{ key }}{{ ", " if not loop.last }}{% endfor %})

        ORDER BY {% for key in order %}there.{{ key }}{{ direction }}{{ ", " if not loop.last }}{% endfor %}

        LIMIT {{ metric.near[name] }}
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
-- rows that another sum came to, of those that the definition names, are no change
{{ name }}_changed AS MATERIALIZED (
    SELECT
{% for column in metric.named(other) %}
        {{ column }},
{% endfor %}
        sum(w)::integer AS more
    FROM capture.{{ name }}
    GROUP BY {{ metric.named(other) | listed }}
    HAVING sum(w) <> 0
),

{% endfor %}
{% for name, other in read.items() %}
{% set columns = metric.named(other) %}
{% set others = read | reject("eq", name) | list if name in metric.near else read | list %}
{% if others %}
{{ name }}_owners AS (
{{ owners(others) }}),

{% endif %}
{{ name }}_there AS (
{% if name in metric.near %}
{% set order = (other.keys | list)[1:] %}
    {{ beside(name, columns, order, "<", " DESC") }}
    UNION ALL
    {{ beside(name, columns, order, ">", "") }}
    {{- "    UNION ALL\n" if others }}
{% endif %}
{% if others %}
    {{ whole(name, columns, name ~ "_owners") }}
{% endif %}
),

-- changes are what is there now, less what was there before
{{ name }}_both AS MATERIALIZED (
    SELECT
{% for column in columns %}
        {{ column }},
{% endfor %}
        max(now) AS now,
        max(now) - sum(more) AS before
    FROM (
        SELECT *, 1 AS now, 0 AS more FROM {{ name }}_there
        UNION ALL
        SELECT
{% for column in columns %}
            {{ column }},
{% endfor %}
            (more > 0)::integer,
            more
        FROM {{ name }}_changed
    ) AS signed
    GROUP BY {{ columns | listed }}
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
WHERE {% for name in metric.keys %}{{ name }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
