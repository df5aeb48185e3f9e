{% from "each_table/vacuumed.sql" import vacuumed %}
{# `near`: how many rows on each side, which columns, and whether several metrics ask for them. #}
{% set order = (metric.keys | list)[1:] %}
{% set first = metric.keys | first %}
{# The rows next to a changed one in the order of the key: the index gives them, and no more. #}
{% macro beside(sign, direction) %}
SELECT
        {{ near.columns | each("there.?") | indent(8) }},
        1 AS now,
        0 AS more
    FROM changed CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.{{ metric.name }} AS there
        WHERE
            there.{{ first }} = changed.{{ first }}
            AND ({{ order | each("there.?", ", ") }}) {{ sign }} ({{ order | each("changed.?", ", ") }})

        ORDER BY {% for key in order %}there.{{ key }}{{ direction }}{{ ", " if not loop.last }}{% endfor %}

        LIMIT {{ near.rows }}
    ) AS there
{% endmacro %}
CREATE VIEW capture.{{ metric.name }}_{{ "found" if near.is_held else "near" }} AS
WITH changed AS MATERIALIZED (
    -- rows that another sum came to, of those that a definition names, are no change
    SELECT
        {{ near.columns | each | indent(8) }},
        sum(w)::integer AS more
    FROM capture.{{ metric.name }}
    GROUP BY {{ near.columns | listed }}
    HAVING sum(w) <> 0
)

SELECT
    {{ near.columns | each | indent(4) }},
    max(now) AS now,
    sum(more)::integer AS more
FROM (
    {{ beside("<", " DESC") | trim }}
    UNION ALL
    {{ beside(">", "") | trim }}
    UNION ALL
    SELECT
        {{ near.columns | each | indent(8) }},
        (more > 0)::integer,
        more
    FROM changed
) AS signed
GROUP BY {{ near.columns | listed }};

{% if near.is_held %}
COMMENT ON VIEW capture.{{ metric.name }}_found IS 'Which rows of {{ metric.name }} changed, and those next to them.';

CREATE TABLE capture.{{ metric.name }}_held AS
SELECT *
FROM capture.{{ metric.name }}_found
WITH NO DATA;

-- Every row lives in a fold only: it is vacuumed by count, not by share.
ALTER TABLE capture.{{ metric.name }}_held SET (
    {{ vacuumed() | indent(4) | trim }}
);

COMMENT ON TABLE capture.{{ metric.name }}_held IS 'capture.{{ metric.name }}_found, for all who ask in the same fold.';

CREATE FUNCTION capture.hold_{{ metric.name }}() RETURNS void
LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM capture.{{ metric.name }}_held) THEN
        INSERT INTO capture.{{ metric.name }}_held SELECT * FROM capture.{{ metric.name }}_found;
    END IF;
END
$$;

COMMENT ON FUNCTION capture.hold_{{ metric.name }}() IS 'Looks for the rows next to those that changed once for all who ask in this fold.';

-- An audit asks where nobody folds.
CREATE VIEW capture.{{ metric.name }}_near AS
SELECT * FROM capture.{{ metric.name }}_held
UNION ALL
SELECT *
FROM capture.{{ metric.name }}_found
WHERE NOT EXISTS (SELECT FROM capture.{{ metric.name }}_held);

{% endif %}
COMMENT ON VIEW capture.{{ metric.name }}_near IS 'Which rows of {{ metric.name }} changed, and those next to them; now: whether it is there, more: what came of it.';
