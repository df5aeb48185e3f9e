"""What is stored: all that readers see, which rows were written again, and what is not right."""

from typing import Any

from psycopg import sql

from shared.database import Connection
from shared.journals import JOURNALS
from shared.registry import CONTRACT, STEPS, SUMMARIES


def relations(connection: Connection, kinds: str) -> list[sql.Identifier]:
    """Those of schema analytics by kind: r for tables, m for materialized views, v for views."""
    rows = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'analytics'::regnamespace"
        # the account view is not calculated: a demotion counts at once
        " AND strpos(%s, relkind::text) > 0 AND relname <> 'account' ORDER BY relname",
        [kinds],
    )
    return [sql.Identifier("analytics", name) for (name,) in rows]


def read_models(connection: Connection) -> dict[str, list[str]]:
    """All that the API may read, to the last row."""
    return {
        name.as_string(): [
            text
            for (text,) in connection.execute(
                sql.SQL("SELECT stored::text FROM {} AS stored ORDER BY 1").format(name)
            )
        ]
        for name in relations(connection, "rmv")
    }


def versions_of_rows(connection: Connection) -> dict[str, set[tuple[str, str]]]:
    """Where each stored row is, and which transaction wrote it; by table."""
    return {
        name.as_string().split('"')[3]: set(
            connection.execute(sql.SQL("SELECT ctid::text, xmin::text FROM {}").format(name))
        )
        for name in relations(connection, "rm")
        if "freshness" not in name.as_string()
    }


def freshness(connection: Connection, column: str) -> dict[str, Any]:
    """The column of analytics.freshness by family."""
    return dict(
        connection.execute(
            sql.SQL("SELECT family, {} FROM analytics.freshness").format(sql.Identifier(column))
        )
    )


OWNING = tuple(dict.fromkeys(family.name for family in STEPS.values()))
"""Answers that something is stored for: others share it."""


def newer(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Answers of the contract whose version or moment is a greater one; not those about metrics."""
    return {name for name in after if after[name] > before[name] and name in CONTRACT}


def newer_metrics(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Metrics whose answer's is."""
    return {
        name.removeprefix("metrics/")
        for name in after
        if after[name] > before[name] and name not in CONTRACT
    }


_NEEDED = {
    # who has no account and did nothing, or nobody knows when, may be missing
    "user_engagement": "WHERE (users, sessions_attended, courses_enrolled, progress_sum,"
    " reviews_written) <> (0, 0, 0, 0, 0) OR last_activity IS NOT NULL",
}


def differences(connection: Connection, summary: str) -> int:
    """How many rows of a summary are not what its definition says now."""
    columns = [
        sql.Identifier(name)
        for (name,) in connection.execute(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND attgenerated = '' ORDER BY attnum",
            [f"analytics.{summary}"],
        )
    ]
    needed = sql.SQL(_NEEDED.get(summary, ""))
    truth, stored = (
        sql.SQL("SELECT {} FROM {} {}").format(
            sql.SQL(", ").join(columns), sql.Identifier(schema, summary), needed
        )
        for schema in ("truth", "analytics")
    )
    if summary == "mentor_ranking":
        # those behind the tenth stand by: they may be fewer than there could be
        listed = sql.SQL(
            "SELECT from_day, mentor_id, sessions FROM ("
            "SELECT *, row_number() OVER (PARTITION BY from_day ORDER BY sessions DESC, mentor_id)"
            " AS rank FROM {}.mentor_ranking) AS ranked WHERE rank <= 10"
        )
        truth, stored = (listed.format(sql.Identifier(name)) for name in ("truth", "analytics"))
    return _unequal(connection, truth, stored)


def _unequal(connection: Connection, truth: sql.Composed, stored: sql.Composed) -> int:
    query = sql.SQL(
        "SELECT count(*) FROM (({0} EXCEPT ALL {1}) UNION ALL ({1} EXCEPT ALL {0})) AS wrong"
    ).format(truth, stored)
    row = connection.execute(query).fetchone()
    return row[0] if row else -1


def is_right(connection: Connection) -> bool:
    """Every summary is what its definition says now: nothing is pending, nothing wrong."""
    return not any(
        unbalanced(connection, name) if name in JOURNALS else differences(connection, name)
        for name in SUMMARIES
    )


def unbalanced(connection: Connection, journal: str) -> int:
    """Of how many the entries don't add up to what they are."""
    columns, sums, differ = (
        sql.SQL(separator).join(sql.SQL(template).format(sql.Identifier(name)) for name in names)
        for separator, template, names in (
            (", ", "{}", JOURNALS[journal].keys),
            (", ", "sum({})", JOURNALS[journal].measures),
            (" OR ", "sum({}) <> 0", JOURNALS[journal].measures),
        )
    )
    truth, stored = (
        sql.SQL("SELECT {}, {} FROM {} GROUP BY {} HAVING {}").format(
            columns, sums, sql.Identifier(schema, journal), columns, differ
        )
        for schema in ("truth", "kept")
    )
    return _unequal(connection, truth, stored)
