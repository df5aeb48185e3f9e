{# What any rows of a metric together have: for its address, and for the alerts that are about it. #}
{% macro numbers(metric) %}
{% for name in metric.numbers %}
{{ metric.ratios[name].expression if name in metric.ratios else name }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
{% endmacro %}
{# Percentiles of the hidden key, of its values and how many there are up to each. #}
{% macro percentiles(metric) %}
{% for name, each in metric.percentiles.items() %}
coalesce(min({{ metric.hidden }}) FILTER (WHERE 100 * upto_{{ each.of }} >= {{ each.percent }} * all_{{ each.of }} AND all_{{ each.of }} > 0), 0) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
{% endmacro %}
{# `of`: whose columns, `stored.`; `parted`: within which rows. #}
{% macro upto(metric, of="", parted="") %}
{% for measure in metric.percentiles.values() | map(attribute="of") | unique %}
sum(sum({{ of }}{{ measure }})) OVER ({{ parted }}{{ " " if parted }}ORDER BY {{ of }}{{ metric.hidden }}) AS upto_{{ measure }},
sum(sum({{ of }}{{ measure }})) OVER ({{ parted }}) AS all_{{ measure }},
{% endfor %}
{% endmacro %}
