CREATE TABLE correction.{{ metric.name }} AS
SELECT
    {{ metric.keys | each | indent(4) }},
    {{ metric.counted | each | indent(4) }}
FROM analytics.{{ metric.name }}
WITH NO DATA;

COMMENT ON TABLE correction.{{ metric.name }} IS 'What an audit found to be missing in {{ metric.name }}.';
