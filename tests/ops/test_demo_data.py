"""Demo data: what `analytics demo-data` puts into MentorHub's tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ops import demo
from ops.local.embedded import Postgres
from shared.errors import ConfigurationError

TABLES = (
    "users",
    "mentors",
    "courses",
    "lessons",
    "sessions",
    "course_enrollments",
    "progress",
    "reviews",
    "payments",
    "subscriptions",
    "messages",
)
UNTIL = datetime(2026, 3, 10, 12, 34, tzinfo=UTC)
USERS = 1000

NewDatabase = Callable[[], str]


@pytest.fixture(scope="module")
def new_database(postgres: Postgres) -> NewDatabase:
    numbers = count()

    def create() -> str:
        name = f"demo_{next(numbers)}"
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return postgres.url(name)

    return create


@pytest.fixture(scope="module")
def filled(new_database: NewDatabase) -> str:
    url = new_database()
    demo.fill(url, users=USERS, seed=1, until=UNTIL)
    return url


@pytest.fixture
def source(filled: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(filled, options="-c timezone=UTC") as connection:
        yield connection
        connection.rollback()


def number(source: psycopg.Connection[Any], query: str) -> Any:
    row = source.execute(query.encode(), {"until": UNTIL}).fetchone()
    assert row
    return row[0]


def fingerprints(url: str) -> dict[str, str]:
    query = "SELECT md5(string_agg(t::text, chr(10) ORDER BY id)) FROM {} AS t"
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return {
            table: connection.execute(sql.SQL(query).format(sql.Identifier(table))).fetchone()[0]
            for table in TABLES
        }


def objects(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute("""
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            ORDER BY 1, 2, 3
        """).fetchall()


def test_the_same_seed_gives_the_same_rows_whatever_the_plan(
    new_database: NewDatabase, filled: str
) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("enable_hashjoin", "enable_hashagg", "enable_material"):
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = off").format(
                    sql.Identifier(connection.info.dbname), sql.Identifier(setting)
                )
            )
        connection.execute("SET timezone = 'Asia/Kathmandu'")
    demo.fill(url, users=USERS, seed=1, until=UNTIL)

    assert fingerprints(url) == fingerprints(filled)


def test_another_seed_gives_other_rows_in_every_table(
    new_database: NewDatabase, filled: str
) -> None:
    url = new_database()
    demo.fill(url, users=USERS, seed=2, until=UNTIL)

    theirs = fingerprints(filled)
    assert [table for table, print_ in fingerprints(url).items() if print_ == theirs[table]] == []


def test_a_database_that_holds_users_is_refused_and_stays_as_it_is(
    filled: str,
) -> None:
    before = fingerprints(filled)

    with pytest.raises(ConfigurationError, match="holds users already"):
        demo.fill(filled, users=USERS, seed=2)

    assert fingerprints(filled) == before


def test_fewer_users_than_founders_are_refused(new_database: NewDatabase) -> None:
    with pytest.raises(ConfigurationError, match="at least 20 users, not 19"):
        demo.fill(new_database(), users=19, seed=1)


def test_the_schema_after_filling_is_the_schema_as_created(
    new_database: NewDatabase, filled: str
) -> None:
    url = new_database()
    demo.create_tables(url)
    demo.create_tables(url)

    assert objects(url) == objects(filled)


def test_no_row_passes_through_python(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[int] = []
    execute = psycopg.Cursor.execute

    def counting(cursor: Any, *arguments: Any, **options: Any) -> Any:
        executed.append(1)
        return execute(cursor, *arguments, **options)

    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("rows are sent one by one")

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    monkeypatch.setattr(psycopg.Cursor, "executemany", refuse)
    monkeypatch.setattr(psycopg.Cursor, "copy", refuse)
    demo.fill(new_database(), users=20, seed=1)
    for_twenty = len(executed)
    demo.fill(new_database(), users=300, seed=1)

    assert len(executed) == 2 * for_twenty < 50


def test_the_default_end_is_the_current_minute(new_database: NewDatabase) -> None:
    url = new_database()
    demo.fill(url, users=20, seed=1)
    with psycopg.connect(url) as connection:
        newest = number(connection, "SELECT max(created_at) FROM sessions")

    assert newest.second == newest.microsecond == 0
    assert timedelta(0) <= datetime.now(UTC) - newest < timedelta(minutes=2)


def test_a_user_has_five_sessions_three_enrolments_and_two_and_a_half_payments(
    source: psycopg.Connection[Any],
) -> None:
    assert number(source, "SELECT count(*) FROM users") == USERS
    assert number(source, "SELECT count(*) FROM mentors") == USERS * 0.02
    assert 5 <= number(source, "SELECT count(*) FROM sessions") / USERS < 5.3
    assert 2.5 <= number(source, "SELECT count(*) FROM payments") / USERS < 2.8
    assert 2.3 < number(source, "SELECT count(*) FROM course_enrollments") / USERS < 3.3


def test_nothing_is_newer_than_the_end(source: psycopg.Connection[Any]) -> None:
    for table in TABLES:
        query = f"SELECT max(greatest(created_at, updated_at)) FROM {table}"  # noqa: S608
        assert number(source, query) <= UNTIL, table


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        ("mentors", "user_id"),
        ("sessions", "student_id"),
        ("payments", "student_id"),
        ("course_enrollments", "user_id"),
        ("progress", "user_id"),
        ("reviews", "user_id"),
    ],
)
def test_only_imported_rows_are_older_than_their_user(
    source: psycopg.Connection[Any], table: str, owner: str
) -> None:
    query = f"""
        SELECT count(*) FROM {table} AS t JOIN users ON users.id = t.{owner}
        WHERE t.created_at < users.created_at AND t.created_at > %(until)s - interval '730 days'
    """  # noqa: S608
    assert number(source, query) == 0


def test_the_platform_grows_rests_at_weekends_and_has_its_stars(
    source: psycopg.Connection[Any],
) -> None:
    for table in ("users", "sessions"):
        years = f"""
            SELECT count(*) FILTER (WHERE created_at > %(until)s - interval '365 days')::float
                / count(*) FILTER (WHERE created_at < %(until)s - interval '365 days')
            FROM {table}
        """  # noqa: S608
        weekend = f"""
            SELECT avg((extract(isodow FROM created_at) > 5)::int) FROM {table}
        """  # noqa: S608
        assert number(source, years) > 2
        assert 0.1 < number(source, weekend) < 0.26  # two days of seven would be 0.286
    stars = """
        SELECT sum(n) FILTER (WHERE place <= 0.2) / sum(n)
        FROM (
            SELECT count(*) AS n, percent_rank() OVER (ORDER BY count(*) DESC) AS place
            FROM {} GROUP BY {}
        ) AS ranked
    """
    assert number(source, stars.format("sessions", "mentor_id")) > 0.3
    assert number(source, stars.format("course_enrollments", "course_id")) > 0.4
    assert number(source, stars.format("sessions", "student_id")) > 0.4


AWKWARD = {
    "a user who did nothing": """
        users WHERE NOT EXISTS (SELECT FROM sessions WHERE student_id = users.id)
            AND NOT EXISTS (SELECT FROM course_enrollments WHERE user_id = users.id)
            AND NOT EXISTS (SELECT FROM progress WHERE user_id = users.id)
            AND NOT EXISTS (SELECT FROM reviews WHERE user_id = users.id)
            AND NOT EXISTS (SELECT FROM payments WHERE student_id = users.id)
    """,
    "an inactive user": "users WHERE NOT is_active AND role = 'STUDENT'",
    "an inactive admin": "users WHERE NOT is_active AND role = 'ADMIN'",
    "an inactive mentor": "users WHERE NOT is_active AND role = 'MENTOR'",
    "an unverified user": "users WHERE NOT is_verified",
    "a username that is a formula": "users WHERE username ~ '^[=+@-]'",
    "a username beyond ASCII": "users WHERE username ~ '[в-я]'",
    "a mentor without sessions": """
        mentors WHERE NOT EXISTS (SELECT FROM sessions WHERE mentor_id = mentors.id)
    """,
    "a mentor whose user is a student": """
        mentors JOIN users ON users.id = user_id AND role = 'STUDENT'
    """,
    "a mentor whose user is an admin": """
        mentors JOIN users ON users.id = user_id AND role = 'ADMIN'
    """,
    "a mentor by role without profile": """
        users WHERE role = 'MENTOR' AND id NOT IN (SELECT user_id FROM mentors)
    """,
    "an active course without enrolments": """
        courses WHERE is_active
            AND NOT EXISTS (SELECT FROM course_enrollments WHERE course_id = courses.id)
    """,
    "an inactive course with enrolments": """
        courses WHERE NOT is_active
            AND EXISTS (SELECT FROM course_enrollments WHERE course_id = courses.id)
    """,
    "a course without lessons": """
        courses WHERE NOT EXISTS (SELECT FROM lessons WHERE course_id = courses.id)
    """,
    "a Cyrillic title": "courses WHERE title ~ '[в-я]'",
    "a title that is a link formula": "courses WHERE title LIKE '=HYPERLINK(%%'",
    "a title that begins with plus": "courses WHERE title LIKE '+%%'",
    "a title that begins with minus": "courses WHERE title LIKE '-%%'",
    "a title that begins with at": "courses WHERE title LIKE '@%%'",
    "a title that hides a formula behind a tab": r"courses WHERE title ~ '^\t='",
    "a title with quotes of all kinds": """
        courses WHERE title ~ '«' AND title ~ '"' AND title ~ ''''
    """,
    "a title with emoji and comma": "courses WHERE title ~ '🚀' AND title ~ ','",
    "a title of several lines": r"courses WHERE title ~ '\n'",
    "a title that is HTML": "courses WHERE title ~ '<script>'",
    "a title of the full length": "courses WHERE length(title) = 255",
    "a session with oneself": """
        sessions JOIN mentors ON mentors.id = mentor_id AND user_id = student_id
    """,
    "a session of no length": "sessions WHERE duration_minutes = 0",
    "a session to come": "sessions WHERE scheduled_at > created_at AND scheduled_at > '2026-03-11'",
    "a session at the epoch": "sessions WHERE created_at = to_timestamp(0)",
    "a session back-dated": """
        sessions JOIN users ON users.id = student_id AND sessions.created_at < users.created_at
    """,
    "a payment back-dated": """
        payments JOIN users ON users.id = student_id AND payments.created_at < users.created_at
    """,
    "an enrolment back-dated": """
        course_enrollments AS e
        JOIN users ON users.id = e.user_id AND e.created_at < users.created_at
    """,
    "a review back-dated": """
        reviews JOIN users ON users.id = user_id AND reviews.created_at < users.created_at
    """,
    "the largest amount": "payments WHERE amount = 2147483647",
    "the smallest amount": "payments WHERE amount = 1",
    "an amount of nothing": "payments WHERE amount = 0",
    "a refund weeks later": """
        payments WHERE status = 'REFUNDED' AND updated_at > created_at + interval '3 weeks'
    """,
    "an enrolment completed below 100": """
        course_enrollments WHERE completed AND progress_percent < 100
    """,
    "an enrolment of 100 not completed": """
        course_enrollments WHERE NOT completed AND progress_percent = 100
    """,
    "an enrolment completed at no time": """
        course_enrollments WHERE completed AND completed_at IS NULL
    """,
    "an enrolment just begun": "course_enrollments WHERE progress_percent = 0",
    "progress in no lesson": "progress WHERE lesson_id IS NULL",
    "progress without enrolment": """
        progress AS p WHERE NOT EXISTS (
            SELECT FROM course_enrollments AS e
            WHERE e.user_id = p.user_id AND e.course_id = p.course_id
        )
    """,
    "a review of a mentor": "reviews WHERE reviewed_id IS NOT NULL AND course_id IS NULL",
    "a review of a course": "reviews JOIN courses ON courses.id = course_id",
    "a review of a course that doesn't exist": """
        reviews WHERE course_id NOT IN (SELECT id FROM courses)
    """,
    "a review of nothing": "reviews WHERE reviewed_id IS NULL AND course_id IS NULL",
    "a review of mentor and course": """
        reviews WHERE reviewed_id IS NOT NULL AND course_id IS NOT NULL
    """,
    "a review of oneself": "reviews WHERE reviewed_id = user_id",
}


@pytest.mark.parametrize("case", AWKWARD)
def test_there_is(source: psycopg.Connection[Any], case: str) -> None:
    assert number(source, f"SELECT count(*) FROM {AWKWARD[case]}") > 0  # noqa: S608


def test_every_session_status_and_every_rating_occurs(source: psycopg.Connection[Any]) -> None:
    assert number(source, "SELECT count(DISTINCT status) FROM sessions") == 6
    assert number(source, "SELECT count(DISTINCT rating) FROM reviews") == 5


def test_every_payment_status_occurs_in_every_currency_and_most_are_roubles(
    source: psycopg.Connection[Any],
) -> None:
    assert number(source, "SELECT count(DISTINCT (status, currency)) FROM payments") == 4 * 4
    assert number(source, "SELECT avg((currency = 'RUB')::int) FROM payments") > 0.7


ZONES = ("UTC", "Europe/Moscow", "America/New_York", "Australia/Lord_Howe")


@pytest.mark.parametrize("table", ["users", "sessions", "payments"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("days", [1, 30, 365])
def test_a_window_has_rows_on_both_sides_of_its_first_instant(
    source: psycopg.Connection[Any], table: str, zone: str, days: int
) -> None:
    query = f"""
        SELECT array_agg(DISTINCT created_at - edge ORDER BY created_at - edge)
        FROM (
            SELECT (date_trunc('day', %(until)s AT TIME ZONE '{zone}') - interval '{days - 1} days')
                AT TIME ZONE '{zone}' AS edge
        ) AS first
        JOIN {table} ON created_at BETWEEN edge - interval '1 microsecond' AND edge
    """  # noqa: S608
    assert number(source, query) == [timedelta(microseconds=-1), timedelta(0)]


@pytest.mark.parametrize("zone", ZONES[2:])
def test_rows_lie_on_both_sides_of_every_clock_change(
    source: psycopg.Connection[Any], zone: str
) -> None:
    query = f"""
        SELECT array_agg(rows)
        FROM generate_series(
            %(until)s::date - 720, %(until)s::date::timestamp, '30 minutes'
        ) AS naive
        CROSS JOIN LATERAL (SELECT naive AT TIME ZONE 'UTC' AS edge) AS instant
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT created_at) AS rows FROM sessions
            WHERE created_at BETWEEN edge - interval '1 microsecond' AND edge
        ) AS near
        WHERE edge AT TIME ZONE '{zone}' - (edge - interval '30 minutes') AT TIME ZONE '{zone}'
            <> interval '30 minutes'
    """  # noqa: S608
    assert number(source, query) in ([2, 2, 2], [2, 2, 2, 2])


def test_the_next_row_gets_an_id_of_its_own(source: psycopg.Connection[Any]) -> None:
    for table in TABLES:
        query = f"""
            SELECT nextval(pg_get_serial_sequence('{table}', 'id')) - (SELECT max(id) FROM {table})
        """  # noqa: S608
        assert number(source, query) == 1, table


def test_the_planner_knows_every_table(source: psycopg.Connection[Any]) -> None:
    for table in TABLES:
        counted = number(source, f"SELECT count(*) FROM {table}")  # noqa: S608
        known = number(source, f"SELECT reltuples FROM pg_class WHERE oid = '{table}'::regclass")  # noqa: S608
        assert known == pytest.approx(counted, rel=0.05), table


def test_someone_of_each_role_is_active_and_has_much_to_show(
    source: psycopg.Connection[Any], filled: str
) -> None:
    people = demo.someone(filled)

    for role, user in people.items():
        query = f"SELECT role::text || is_active FROM users WHERE id = {user}"  # noqa: S608
        assert number(source, query) == f"{role.upper()}true"
    assert set(people) == {"admin", "student", "mentor"}
    attended = f"""
        SELECT count(*) FROM sessions
        WHERE status = 'COMPLETED' AND student_id = {people["student"]}
    """  # noqa: S608
    taught = f"""
        SELECT count(*) FROM sessions JOIN mentors ON mentors.id = mentor_id
        WHERE user_id = {people["mentor"]}
    """  # noqa: S608
    assert number(source, attended) >= 10
    assert number(source, taught) >= 10


def test_a_role_that_nobody_has_is_missing(new_database: NewDatabase) -> None:
    url = new_database()
    demo.create_tables(url)

    assert demo.someone(url) == {}
