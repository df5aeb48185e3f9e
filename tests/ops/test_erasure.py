"""Who is erased at MentorHub is erased here: from every table of ours, and never was in a log."""

# ruff: noqa: S608 - of a name and a number of ours

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from shared.database import connect
from tests.support.mentorhub import tell
from tests.support.processes import wait_until
from tests.support.stack import Stack

USER, NAME = 900_000_017, "erased-and-forgotten"

COMES = (
    f"""INSERT INTO users (id, username, email, hashed_password, role)
    VALUES ({USER}, '{NAME}', '{NAME}@example.com', '', 'STUDENT')""",
    f"""INSERT INTO sessions (student_id, mentor_id, scheduled_at, status)
    SELECT {USER}, 1, now(), 'COMPLETED' FROM generate_series(1, 3)""",
    f"""INSERT INTO course_enrollments (user_id, course_id, progress_percent, completed)
    VALUES ({USER}, 1, 50, false)""",
    f"INSERT INTO reviews (user_id, course_id, rating) VALUES ({USER}, 1, 5)",
    f"""INSERT INTO payments (student_id, mentor_id, amount, currency, status)
    VALUES ({USER}, 1, 5000, 'RUB', 'COMPLETED')""",
)

GOES = tuple(
    f"DELETE FROM {table} WHERE {column} = {USER}"
    for table, column in (
        ("payments", "student_id"),
        ("reviews", "user_id"),
        ("course_enrollments", "user_id"),
        ("sessions", "student_id"),
        ("users", "id"),
    )
)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "home", LOG_LEVEL="DEBUG") as running:
        running.start()
        yield running


def traces(stack: Stack, *words: str) -> set[str]:
    """Tables and views of ours, the mirror among them, that say one of the words anywhere."""
    found: set[str] = set()
    with connect(stack.description()["database_url"]) as connection:
        tables = connection.execute(
            "SELECT relnamespace::regnamespace::text, relname::text FROM pg_class"
            " WHERE relkind IN ('r', 'm', 'v') AND relnamespace::regnamespace::text"
            " NOT IN ('pg_catalog', 'information_schema', 'link', 'pg_toast')"
        ).fetchall()
        for schema, name in tables:
            query = sql.SQL("SELECT count(*) FROM {} AS row WHERE row::text LIKE ANY (%s)")
            row = connection.execute(
                query.format(sql.Identifier(schema, name)), [[f"%{word}%" for word in words]]
            ).fetchone()
            if row != (0,):
                found.add(f"{schema}.{name}")
    return found


def test_a_user_who_is_erased_at_mentorhub_leaves_no_trace(stack: Stack) -> None:
    source = stack.description()["source_database_url"]
    tell(source, *COMES)
    address = f"/api/v1/analytics/user/{USER}/engagement"
    assert wait_until(lambda: stack.get(address, stack.admin_token())[0] == 200)
    there = traces(stack, NAME, str(USER))
    assert {"public.users", "analytics.user_engagement"} <= there
    # a wrong row about them is noted and repaired
    with connect(stack.description()["database_url"]) as connection:
        connection.execute(
            f"UPDATE analytics.user_engagement SET sessions_attended = 9 WHERE user_id = {USER}"
        )
    assert stack.run("audit", "--repair") == 1
    assert NAME.encode() in stack.get(address, stack.admin_token())[1]

    tell(source, *GOES)
    assert wait_until(lambda: stack.get(address, stack.admin_token())[0] == 404)
    assert stack.run("refresh") == 0
    assert traces(stack, NAME) == set()
    # of the wrong row its number is remembered for a week, and nothing else
    assert traces(stack, str(USER)) <= {"control.drift"}
    assert stack.run("audit") == 0
    logs = [path for path in (stack.home / "log").rglob("*") if path.is_file()]
    assert len(logs) > 3
    assert [path for path in logs if NAME in path.read_text(errors="replace")] == []
