-- One grouping of three signed parts, so that a condition on the key reaches each of them; it reaches
-- a definition's tables only if its columns have the stored types.
CREATE VIEW drift.{{ metric.name }} AS
SELECT
{% for name in metric.keys %}
    {{ name }},
{% endfor %}
{% for name in metric.labels %}
    coalesce(max({{ name }}) FILTER (WHERE side = 'truth'), max({{ name }}) FILTER (WHERE side = 'stored')) AS {{ name }},
{% endfor %}
{% for name in metric.measures %}
    coalesce(sum({{ name }}), 0) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
FROM (
    SELECT
        'pending' AS side,
{% for name in metric.keys %}
        {{ name }},
{% endfor %}
{% for name in metric.labels %}
        {{ name }},
        gone_{{ name }},
{% endfor %}
{% if metric.labels %}
        is_wrong,
{% endif %}
{% for name in metric.measures %}
        - {{ name }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
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
{% for name in metric.measures %}
        {{ name }}{{ "," if not loop.last }}
{% endfor %}
    FROM truth.{{ metric.name }}
    UNION ALL
    SELECT
        'stored',
{% for name in metric.keys %}
        {{ name }},
{% endfor %}
{% for name in metric.labels %}
        {{ name }},
        NULL,
{% endfor %}
{% if metric.labels %}
        false,
{% endif %}
{% for name in metric.measures %}
        - {{ name }}{{ "," if not loop.last }}
{% endfor %}
    FROM analytics.{{ metric.name }}
) AS signed
GROUP BY {{ metric.keys | listed }}
HAVING
{% for name in metric.measures %}
    {{ "OR " if not loop.first }}sum({{ name }}) <> 0
{% endfor %}
{% for name in metric.labels %}
    -- a maximum is wrong if the next fold neither looks it up nor makes it right
    OR (
        NOT bool_or(is_wrong)
        AND (max(gone_{{ name }}) >= max({{ name }}) FILTER (WHERE side <> 'truth')) IS NOT true
        AND max({{ name }}) FILTER (WHERE side = 'truth') IS DISTINCT FROM max({{ name }}) FILTER (WHERE side <> 'truth')
    )
{% endfor %};

COMMENT ON VIEW drift.{{ metric.name }} IS 'Rows of {{ metric.name }} that are wrong, and what they lack: empty.';
