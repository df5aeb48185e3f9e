{# A table of rows that are gone in a moment: it is vacuumed by their count, not by a share of them. #}
{% macro vacuumed() %}
autovacuum_vacuum_threshold = 2000,
autovacuum_vacuum_scale_factor = 0,
autovacuum_vacuum_insert_threshold = -1,
autovacuum_vacuum_cost_delay = 0
{% endmacro %}
