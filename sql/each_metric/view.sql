{# `signed`: the rows that another summary lost and got, or else those that it holds. #}
CREATE VIEW {{ metric.name }} AS
{% for name, other in read.items() %}
{{ "WITH " if loop.first }}{{ name }} AS (
    SELECT
        {{ metric.named(other) | each | indent(8) }},
        {{ "w" if signed else "1 AS w" }}
    FROM {{ "capture" if signed else "analytics" }}.{{ name }}
){{ "," if not loop.last }}

{% endfor %}
SELECT * FROM (
{{ metric.select }}
{% if signed %}
-- what a key is calculated from is calculated once, and not again by the condition on it
OFFSET 0
{% endif %}
) AS counted
-- what has no key is counted nowhere
WHERE {% for name in metric.keys %}{{ name }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %}
{% if metric.grain %}

    -- what is older is not kept
    AND {{ metric.grain }} >= (SELECT since FROM analytics.series WHERE grain = '{{ metric.grain }}')
{% endif %};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
