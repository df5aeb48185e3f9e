{# One answer about one metric. Names are those of its file; what a client gives is bound. #}
{% from "each_metric/numbers.sql" import numbers, percentiles, upto %}
{% set date = metric.date %}
{% set by_date = metric.is_stored and date in by %}
{% set others = by | reject("equalto", date) | list %}
{% set step = metric.keys[date].type if date else "" %}
{# every date of the span, in the order of time; clocks are moved by half hours #}
{% macro dates() %}
{% if metric.grain == "hour" %}
SELECT DISTINCT date_trunc('hour', each, answer.timezone) AS hour
FROM generate_series(span.first_date, span.to_day, interval '30 minutes') AS each
{% elif metric.grain %}
SELECT generate_series(span.first_date, span.to_day, interval '1 minute') AS minute
{% else %}
SELECT generate_series(span.first_date::timestamp, span.to_day::timestamp, interval '1 {{ step }}')::date AS {{ date }}
{% endif %}
{% endmacro %}
{# where the rows are: in its table, or in what its SELECT says of these days #}
{% macro source(first, last, window=none) %}
analytics.{{ table }}
{%- if not metric.is_stored -%}
({{ [first, last] | join(", ") if date }}
{%- for name, parameter in metric.parameters.items() -%}
{{ ", " if date or not loop.first }}CAST({{ ":" ~ name }} AS {{ parameter.type }}){{ " + " ~ window if window and name == "window" }}
{%- endfor -%}
) AS {{ metric.name }}
{%- endif -%}
{% endmacro %}
{# of distinct users and the like the total is of a window as long as all that is asked for #}
{% macro rolled(last, days) %}
{% if metric.rolling %}
CROSS JOIN LATERAL (
    SELECT
{% for name in metric.rolling %}
        coalesce(sum({{ name }}{{ " * " ~ unit if metric.measures[name].is_minor }}), 0) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
    FROM {{ source(last, last, days ~ " - 1") | trim }}
    {{ asked(last, last) | indent(4) | trim }}
) AS rolled
{% endif %}
{% endmacro %}
{% set adding = metric.measures | reject("in", metric.rolling) | list %}
{# `dates`: rows are of several, and of a state that of the first or last is taken #}
{% macro sums(names=metric.measures, dates={}) %}
{% for name in names %}
coalesce(sum({{ name }}){{ " FILTER (WHERE " ~ date ~ " = " ~ dates[metric.states[name]] ~ ")" if dates and name in metric.states }}, 0) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
{% endmacro %}
{% macro ranked(by, first, last) %}
SELECT
{% for name in by %}
    {{ name }},
{% endfor %}
    {{ percentiles(metric) | indent(4) | trim }}
FROM (
    SELECT
{% for name in by %}
        {{ name }},
{% endfor %}
        {{ upto(metric, parted="PARTITION BY " ~ by | listed if by) | indent(8) | trim }}
        {{ metric.hidden }}
    FROM {{ source(first, last) | trim }}
    {{ asked(first, last) | indent(4) | trim }}
    GROUP BY {{ (by | list + [metric.hidden]) | listed }}
) AS counted
GROUP BY {{ by | listed if by else "()" }}
{% endmacro %}
{% macro main_units(names=metric.measures) %}
{% for name in names %}
coalesce({{ name }}, 0){{ " * " ~ unit if metric.measures[name].is_minor }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
{% endmacro %}
{# a number may be one of several #}
{% macro wanted(name) %}
{{ name }} = {{ "ANY(CAST(:" ~ name ~ " AS bigint []))" if metric.keys[name].type == "integer" else ":" ~ name }}
{%- endmacro %}
{% macro asked(first, last) %}
{% if date and metric.is_stored %}
WHERE {{ date }} BETWEEN {{ first }} AND {{ last }}
{% else %}
WHERE true
{% endif %}
{% for name in filters %}
    AND {{ wanted(name) }}
{% endfor %}
{% for name in pinned %}
    AND {{ name }} = wanted.{{ name }}
{% endfor %}
{% endmacro %}
SELECT
    answer.*,
    span.from_day,
    span.to_day,
{% if journals %}
    (SELECT max(since) FROM analytics.journal WHERE name IN ('{{ journals | join("', '") }}')) AS since,
{% endif %}
{% if metric.apart %}
    (
        SELECT string_agg(DISTINCT {{ metric.apart[0] }}, ', ' ORDER BY {{ metric.apart[0] }})
        FROM {{ source("span.first_date", "span.to_day") | trim }}
{% if date and metric.is_stored %}
        WHERE {{ date }} BETWEEN span.first_date AND span.to_day
{% else %}
        WHERE true
{% endif %}
{% for name in filters | reject("in", metric.apart) %}
            AND {{ wanted(name) }}
{% endfor %}
    ) AS currencies,
{% endif %}
{% if compared %}
    analytics.compared(row_to_json(body), span.from_day - span.days, span.from_day - 1, row_to_json(metrics)) AS body
{% else %}
    row_to_json(body)::text AS body
{% endif %}
FROM
    analytics.answer
    CROSS JOIN LATERAL (
{% if metric.grain %}
        SELECT
            CAST(:first AS timestamptz) AS from_day,
            CAST(:last AS timestamptz) AS to_day,
            CAST(:first AS timestamptz) AS first_date
{% elif date %}
        SELECT
            from_day,
            to_day,
            to_day - from_day + 1 AS days,
            date_trunc('{{ step }}', from_day::timestamp)::date AS first_date
        FROM (
            SELECT
                coalesce(CAST(:first AS date), answer.today - CAST(:days AS integer) + 1) AS from_day,
                coalesce(CAST(:last AS date), answer.today) AS to_day
        ) AS given
        OFFSET 0
{% else %}
        SELECT
            NULL::date AS from_day,
            NULL::date AS to_day
{% endif %}
    ) AS span
{% if pinned %}
    CROSS JOIN LATERAL (
        SELECT
            coalesce(:{{ pinned[0] }}, answer.currency) AS {{ pinned[0] }},
            analytics.unit(coalesce(:{{ pinned[0] }}, answer.currency)) AS unit
        -- looked up once, not for each row
        OFFSET 0
    ) AS wanted
{% endif %}
    CROSS JOIN LATERAL (
        WITH grouped AS (
            SELECT
{% for name in by %}
                {{ name }},
{% endfor %}
{% if is_whole %}
{% for name in metric.alone %}
                max({{ name }}) AS {{ name }},
{% endfor %}
{% endif %}
                {{ sums() | indent(16) | trim }}
            FROM {{ source("span.first_date", "span.to_day") | trim }}
            {{ asked("span.first_date", "span.to_day") | indent(12) | trim }}
            GROUP BY {{ by | listed if by else "()" }}
        ),

{% if metric.percentiles %}
        ranked AS (
            {{ ranked(by, "span.first_date", "span.to_day") | indent(12) | trim }}
        ),

{% endif %}
{% if by_date and others %}
        listed AS (
            SELECT
                {{ date }},
                {{ others | listed }}
            FROM
                (SELECT DISTINCT {{ others | listed }} FROM grouped) AS seen
                CROSS JOIN LATERAL (
                    {{ dates() | indent(20) | trim }}
                ) AS calendar
        ),

{% elif by_date %}
        listed AS (
            {{ dates() | indent(12) | trim }}
        ),

{% endif %}
        filled AS (
            SELECT
{% for name in by %}
                {{ name }},
{% endfor %}
{% if is_whole %}
{% for name in metric.alone %}
                {{ name }},
{% endfor %}
{% endif %}
{% for name in metric.percentiles %}
                coalesce({{ name }}, 0) AS {{ name }},
{% endfor %}
                {{ main_units() | indent(16) | trim }}
{% if by_date %}
            FROM listed LEFT JOIN grouped USING ({{ by | listed }})
{% else %}
            FROM grouped
{% endif %}
{% if metric.percentiles %}
            LEFT JOIN ranked {{ "USING (" ~ by | listed ~ ")" if by else "ON true" }}
{% endif %}
        )

        SELECT
            '{{ metric.file or metric.name }}' AS metric,
            span.from_day AS "from",
            span.to_day AS "to",
            ARRAY[{% for name in by %}{{ "'" ~ name ~ "'" }}{{ ", " if not loop.last }}{% endfor %}]::text [] AS "by",
            array(
                SELECT row_to_json(line)
                FROM (
                    SELECT
{% for name in by %}
                        {{ name }},
{% endfor %}
{% if is_whole %}
{% for name in metric.alone %}
                        {{ name }},
{% endfor %}
{% endif %}
                        {{ numbers(metric) | indent(24) | trim }}
                    FROM filled
                    ORDER BY
{% if order %}
                        {{ order }} {{ "DESC" if descending else "ASC" }} NULLS LAST,
{% endif %}
                        {{ by | listed if by else "1" }}
                    LIMIT :limit
                ) AS line
            ) AS "rows",
{% if metric.apart and not pinned and not metric.apart[0] in filters %}
            -- amounts in different currencies are not added together
            NULL::json AS total
{% else %}
            (
                SELECT row_to_json(line)
                FROM (
                    SELECT
                        {{ numbers(metric) | indent(24) | trim }}
                    FROM (
                        SELECT
                            {{ sums(adding, {"first": "span.first_date", "last": "date_trunc('" ~ step ~ "', span.to_day::timestamp)::date"}) | indent(28) | trim }}
{% if adding %}
                        FROM filled
{% endif %}
                    ) AS whole
{% if metric.percentiles %}
                    CROSS JOIN (
                        {{ ranked([], "span.first_date", "span.to_day") | indent(24) | trim }}
                    ) AS ranked
{% endif %}
                    {{ rolled("span.to_day", "span.days") | indent(20) | trim }}
                ) AS line
            ) AS total
{% endif %}
    ) AS body
{% if compared %}
    LEFT JOIN LATERAL (
        WITH before AS (
            SELECT
                {{ numbers(metric) | indent(16) | trim }}
            FROM (
                SELECT
                    {{ main_units(adding) | indent(20) | trim }}
{% if adding %}
                FROM (
                    SELECT
                        {{ sums(adding) | indent(24) | trim }}
                    FROM {{ source("span.from_day - span.days", "span.from_day - 1") | trim }}
                    {{ asked("span.from_day - span.days", "span.from_day - 1") | indent(20) | trim }}
                ) AS summed
{% endif %}
            ) AS whole
{% if metric.percentiles %}
            CROSS JOIN (
                {{ ranked([], "span.from_day - span.days", "span.from_day - 1") | indent(16) | trim }}
            ) AS ranked
{% endif %}
            {{ rolled("span.from_day - 1", "span.days") | indent(12) | trim }}
        )

        SELECT
{% for name in metric.numbers %}
            analytics.change((body.total ->> {{ name | literal }})::numeric, before.{{ name }}) AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
        FROM before
    ) AS metrics ON true
{% endif %}
WHERE answer.family = '{{ metric.address }}'
{% if metric.grain %}
    -- what is not kept any more is not answered with zeros
    AND span.first_date >= (SELECT since FROM analytics.series WHERE grain = '{{ metric.grain }}')
{% endif %}
