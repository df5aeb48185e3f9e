CREATE TABLE correction.{{ metric.name }} AS
SELECT
{% for name in metric.keys %}
    {{ name }},
{% endfor %}
{% for name in metric.counted %}
    {{ name }}{{ "," if not loop.last }}
{% endfor %}
FROM analytics.{{ metric.name }}
WITH NO DATA;

COMMENT ON TABLE correction.{{ metric.name }} IS 'What an audit found to be missing in {{ metric.name }}.';
