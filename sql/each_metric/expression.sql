ALTER TABLE analytics.{{ metric.name }}
    ADD COLUMN {{ column }} {{ 'text COLLATE "C"' if counted.unit == "text" else "numeric" }} GENERATED ALWAYS AS ({{ counted.expression }}) STORED;

COMMENT ON COLUMN analytics.{{ metric.name }}.{{ column }} IS {{ counted.said.en | literal }};
