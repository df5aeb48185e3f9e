CREATE TABLE analytics.{{ metric.name }} AS
SELECT
{% for name, key in metric.keys.items() %}
    {{ name }}::{{ key.stored }}{{ ' COLLATE "C"' if key.stored == "text" }} AS {{ name }},
{% endfor %}
    {{ metric.counted | each | indent(4) }}
FROM truth.{{ metric.name }}
WITH NO DATA;

ALTER TABLE analytics.{{ metric.name }}
    {{ metric.measures | each("ALTER COLUMN ? SET NOT NULL") | indent(4) }},
    ADD PRIMARY KEY ({{ metric.keys | listed }});

COMMENT ON TABLE analytics.{{ metric.name }} IS {{ metric.meaning.en | literal }};
{% for name, column in metric.given.items() %}
COMMENT ON COLUMN analytics.{{ metric.name }}.{{ name }} IS {{ column.said.en | literal }};
{% endfor %}
