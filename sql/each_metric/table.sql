CREATE TABLE analytics.{{ metric.name }} AS
SELECT
{% for name, key in metric.keys.items() %}
    {{ name }}::{{ key.stored }}{{ ' COLLATE "C"' if key.stored == "text" }} AS {{ name }},
{% endfor %}
{% for name in metric.counted %}
    {{ name }}{{ "," if not loop.last }}
{% endfor %}
FROM truth.{{ metric.name }}
WITH NO DATA;

ALTER TABLE analytics.{{ metric.name }}
{% for name in metric.measures %}
    ALTER COLUMN {{ name }} SET NOT NULL,
{% endfor %}
    ADD PRIMARY KEY ({{ metric.keys | listed }});

COMMENT ON TABLE analytics.{{ metric.name }} IS {{ metric.meaning.en | literal }};
{% for name, column in metric.given.items() %}
COMMENT ON COLUMN analytics.{{ metric.name }}.{{ name }} IS {{ column.said.en | literal }};
{% endfor %}
