-- One grouping of three signed parts, so that a condition on the key reaches each of them; it reaches
-- a definition's tables only if its columns have the stored types.
CREATE VIEW drift.{{ metric.name }} AS
SELECT
    {{ metric.keys | each | indent(4) }},
{% for name in metric.labels %}
    coalesce(max({{ name }}) FILTER (WHERE side = 'truth'), max({{ name }}) FILTER (WHERE side = 'stored')) AS {{ name }},
{% endfor %}
    {{ metric.measures | each("coalesce(sum(?), 0) AS ?") | indent(4) }}
FROM (
    SELECT
        'pending' AS side,
        {{ metric.keys | each | indent(8) }},
{% for name in metric.labels %}
        {{ name }},
        gone_{{ name }},
{% endfor %}
{% if metric.labels %}
        is_wrong,
{% endif %}
        {{ metric.measures | each("- ? AS ?") | indent(8) }}
    FROM pending.{{ metric.name }}
    UNION ALL
    SELECT
        'truth',
{% for name, key in metric.keys.items() %}
        {{ name }}::{{ key.stored }},
{% endfor %}
{% for name in metric.labels %}
        {{ name }},
        NULL,
{% endfor %}
{% if metric.labels %}
        false,
{% endif %}
        {{ metric.measures | each | indent(8) }}
    FROM truth.{{ metric.name }}
    UNION ALL
    SELECT
        'stored',
        {{ metric.keys | each | indent(8) }},
{% for name in metric.labels %}
        {{ name }},
        NULL,
{% endfor %}
{% if metric.labels %}
        false,
{% endif %}
        {{ metric.measures | each("- ?") | indent(8) }}
    FROM analytics.{{ metric.name }}
) AS signed
GROUP BY {{ metric.keys | listed }}
HAVING
    {{ metric.measures | each("sum(?) <> 0", "\nOR ") | indent(4) }}
{% for name in metric.labels %}
    -- a maximum is wrong if the next fold neither looks it up nor makes it right
    OR (
        NOT bool_or(is_wrong)
        AND (max(gone_{{ name }}) >= max({{ name }}) FILTER (WHERE side <> 'truth')) IS NOT true
        AND max({{ name }}) FILTER (WHERE side = 'truth') IS DISTINCT FROM max({{ name }}) FILTER (WHERE side <> 'truth')
    )
{% endfor %};

COMMENT ON VIEW drift.{{ metric.name }} IS 'Rows of {{ metric.name }} that are wrong, and what they lack: empty.';
