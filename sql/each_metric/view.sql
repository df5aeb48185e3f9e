CREATE VIEW {{ metric.name }} AS
SELECT * FROM (
{{ metric.select }}
) AS counted
-- what has no key is counted nowhere
WHERE {% for name in metric.keys %}{{ name }} IS NOT NULL{{ " AND " if not loop.last }}{% endfor %};

COMMENT ON VIEW {{ metric.name }} IS {{ metric.meaning.en | literal }};
