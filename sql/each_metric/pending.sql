{# Of labels there is `gone_NAME`, too: the greatest that went, of which nobody knows whether another
   row has it. Where all that an owner has can't be used there is nothing to sum. #}
CREATE VIEW pending.{{ metric.name }} AS
SELECT
    {{ metric.keys | each | indent(4) }},
{% for name in metric.labels %}
    max({{ name }}) AS {{ name }},
    max(gone_{{ name }}) AS gone_{{ name }},
{% endfor %}
{% if metric.labels %}
    bool_or(is_wrong) AS is_wrong,
{% endif %}
    {{ metric.measures | each("coalesce(sum(?), 0) AS ?") | indent(4) }}
FROM (
    SELECT
{% for name, key in metric.keys.items() %}
        {{ name }}::{{ key.stored }} AS {{ name }},
{% endfor %}
{% for name in metric.labels %}
        {{ name }},
        NULL AS gone_{{ name }},
{% endfor %}
{% if metric.labels %}
        false AS is_wrong,
{% endif %}
        {{ metric.measures | each | indent(8) }}
    FROM delta.{{ metric.name }}
    UNION ALL
{% if metric.labels %}
    SELECT
{% for name, key in metric.keys.items() %}
        {{ name }}::{{ key.stored }},
{% endfor %}
{% for name in metric.labels %}
        NULL,
        {{ name }},
{% endfor %}
        false,
        {{ metric.measures | each("0") | indent(8) }}
    FROM vanished.{{ metric.name }}
    UNION ALL
{% endif %}
    SELECT
        {{ metric.keys | each | indent(8) }},
{% for name in metric.labels %}
        {{ name }},
        NULL,
{% endfor %}
{% if metric.labels %}
        true,
{% endif %}
        {{ metric.measures | each | indent(8) }}
    FROM correction.{{ metric.name }}
{% if metric.grain %}
    -- found by an audit that began before the night pruned it
    WHERE {{ metric.grain }} >= (SELECT since FROM analytics.series WHERE grain = '{{ metric.grain }}')
{% endif %}
) AS signed
GROUP BY {{ metric.keys | listed }}
{%- if metric.per %}

-- most of what is counted again is what it was
HAVING
{% for name in metric.measures %}
    {{ "OR " if not loop.first }}sum({{ name }}) <> 0
{%- endfor %}
{%- endif %};

COMMENT ON VIEW pending.{{ metric.name }} IS 'What the next fold adds to {{ metric.name }}.';
