-- Inlined into whatever asks it: the indexes of what it reads are made use of.
CREATE FUNCTION {{ metric.name }}({% for name, type in metric.arguments.items() %}{{ name }} {{ type }}{{ ", " if not loop.last }}{% endfor %})
RETURNS TABLE ({% for name, key in metric.keys.items() %}{{ name }} {{ key.stored }}, {% endfor %}{{ metric.measures | each("? numeric", ", ") }})
STABLE LANGUAGE sql
BEGIN ATOMIC
{{ metric.select }};
END;

COMMENT ON FUNCTION {{ metric.name }}({{ metric.arguments.values() | join(", ") }}) IS {{ metric.meaning.en | literal }};
