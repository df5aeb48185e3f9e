"""Capture and fold: every change counts once, in every answer it touches and in no other."""

import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import errors, sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.journals import JOURNALS
from shared.metrics import METRICS, READ, STORED, sources
from shared.registry import FAMILIES, STEPS, SUMMARIES
from shared.settings import Settings
from tests.support.databases import calculated
from tests.support.mirror import keep_writing
from tests.support.processes import wait_until
from tests.support.stored import (
    differences,
    freshness,
    is_right,
    newer,
    newer_metrics,
    read_models,
    versions_of_rows,
)
from tests.support.world import EMPTY, LEARNER, MENTOR, PYTHON
from workers.audit import audit
from workers.definitions import MIRRORED
from workers.fold import fold, fold_as_of, turn, worker_connection


@pytest.fixture(scope="module")
def analytics_template(postgres: Postgres, analytics_template: str) -> str:
    """A database with something of everything, calculated."""
    calculated(postgres, "folded", analytics_template)
    return "folded"


def captured(connection: Connection) -> dict[str, list[int]]:
    """The weights of what waits to be folded, by table."""
    return {
        table: sorted(
            w
            for (w,) in connection.execute(
                sql.SQL("SELECT w FROM capture.{}").format(sql.Identifier(table))
            )
        )
        for table in MIRRORED
    }


DEEDS = ("sessions", "course_enrollments", "progress", "reviews", "payments")
NOTHING: dict[str, list[int]] = {table: [] for table in MIRRORED}


def every(connection: Connection, statement: str, tables: Iterable[str] = MIRRORED) -> None:
    """The same for each table: {} stands for it."""
    for table in tables:
        connection.execute(sql.SQL(statement).format(sql.Identifier("public", table)))


def number(connection: Connection, query: str, *parameters: Any) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None


# Capture


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Its measured columns, and how to make another value of each."""
    other = {
        "bigint": "coalesce({}, 0) + 1",
        "text": "concat({}, 'x')",
        "boolean": "({}) IS NOT true",
        "timestamp with time zone": "coalesce({}, now()) + interval '1 us'",
        "timestamp without time zone": "coalesce({}, now()) + interval '1 us'",
        "numeric": "coalesce({}, 0) + 1",
    }
    rows = connection.execute(
        "SELECT quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attname NOT IN ('id', 'w')",
        [f"public.{table}"],
    )
    return {
        name: other[kind].format(name)
        for name, kind in rows
        if (table, name) != ("users", "is_active")
    }


@pytest.mark.parametrize("table", MIRRORED)
def test_an_update_of_any_measured_column_is_captured_as_the_old_row_and_the_new(
    ours: Connection, table: str
) -> None:
    name = sql.Identifier(table)
    ours.execute(
        sql.SQL("INSERT INTO public.{} (id) VALUES (1) ON CONFLICT DO NOTHING").format(name)
    )
    for column, other in columns(ours, table).items():
        ours.execute(sql.SQL("DELETE FROM capture.{}").format(name))
        before = ours.execute(sql.SQL("SELECT * FROM public.{}").format(name)).fetchall()
        every(ours, f"UPDATE {{}} SET {column} = {other}", [table])  # noqa: S608
        after = ours.execute(sql.SQL("SELECT * FROM public.{}").format(name)).fetchall()
        signed = ours.execute(sql.SQL("SELECT * FROM capture.{}").format(name)).fetchall()
        expected = [(*row[:-1], -1) for row in before] + [(*row[:-1], 1) for row in after]
        assert sorted(signed, key=str) == sorted(expected, key=str), column


def test_an_update_that_changes_no_measured_column_writes_nothing(ours: Connection) -> None:
    ours.execute("INSERT INTO public.progress VALUES (1, 2, now())")
    ours.execute("DELETE FROM capture.progress")
    every(ours, "UPDATE {} SET id = id")
    ours.execute("UPDATE public.users SET is_active = NOT is_active")
    assert captured(ours) == NOTHING


def test_every_trigger_is_enabled_as_it_must_be(ours: Connection) -> None:
    triggers = ours.execute(
        "SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger"
        " WHERE NOT tgisinternal ORDER BY 1, 2"
    ).fetchall()
    names = ("capture_row", "capture_truncate", "capture_update")
    expected = [(table, name, "A") for table in sorted(MIRRORED) for name in names]
    # by which a cache of accounts hears of changes
    accounts = ("users", "mentors")
    expected += [
        (table, f"tell_{what}", "A") for table in accounts for what in ("accounts", "truncated")
    ]
    # silent in replication by itself; and on only while the table is compared with MentorHub's
    expected += [(table, "note_edit", "A") for table in MIRRORED]
    expected += [(table, "make_way", "D") for table in MIRRORED]
    # a session may inherit that it is a replica's
    expected += [("control.proof", "tell_proven", "A")]
    deeds = ("capture_deleted", "capture_inserted", "capture_updated")
    expected += [(f"analytics.{name}", deed, "A") for name in READ for deed in deeds]
    written = ("alert", "firing", "goal", "note")
    expected += [(f"kept.{table}", deed, "A") for table in written for deed in ("record", "sign")]
    expected += [(f"kept.{name}", "refuse", "A") for name in JOURNALS]
    assert triggers == sorted(expected)


def test_what_replication_applies_is_captured(ours: Connection) -> None:
    ours.execute("SET session_replication_role = replica")
    ours.execute("INSERT INTO public.courses (id, title, is_active) VALUES (9, 'new', true)")
    ours.execute("UPDATE public.users SET username = 'else' WHERE id = %s", [LEARNER])
    ours.execute("DELETE FROM public.payments WHERE id = 1")
    ours.execute("TRUNCATE public.reviews, public.sessions")
    assert captured(ours) == NOTHING | {
        "courses": [1],
        "users": [-1, 1],
        "payments": [-1],
        "reviews": [-1],
        "sessions": [-1, -1, -1],
    }


def test_a_rolled_back_transaction_leaves_nothing(ours: Connection, worker: Connection) -> None:
    before = versions_of_rows(ours)
    with ours.transaction(force_rollback=True):
        every(ours, "DELETE FROM {}")
    assert captured(ours) == NOTHING
    with ours.transaction():
        with ours.transaction(force_rollback=True):
            ours.execute("TRUNCATE public.sessions")
        ours.execute("DELETE FROM public.payments WHERE id = 2")
    assert captured(ours) == NOTHING | {"payments": [-1]}
    assert fold(worker) == 1
    assert versions_of_rows(ours)["session_day"] == before["session_day"]


def test_a_change_and_a_fold_are_announced_when_they_commit(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    with connect(settings.analytics_url()) as listener:
        listener.execute("LISTEN mentorhub_analytics")
        listener.execute("LISTEN mentorhub_analytics_folded")
        with ours.transaction():
            ours.execute("UPDATE public.sessions SET duration_minutes = 1")
            assert list(listener.notifies(timeout=0.1)) == []
        heard = list(listener.notifies(timeout=5, stop_after=1))
        fold(worker)
        heard += listener.notifies(timeout=5, stop_after=1)
    assert [(notice.channel, notice.payload) for notice in heard] == [
        ("mentorhub_analytics", "sessions"),
        ("mentorhub_analytics_folded", ""),
    ]


# Fold


def test_an_update_of_a_grouping_key_changes_both_sides(
    ours: Connection, worker: Connection
) -> None:
    ours.execute("UPDATE public.sessions SET status = 'NO_SHOW' WHERE status = 'COMPLETED'")
    ours.execute("UPDATE public.payments SET currency = 'EUR' WHERE currency = 'USD'")
    ours.execute("UPDATE public.course_enrollments SET user_id = 3 WHERE user_id = %s", [MENTOR])
    enrolled = "SELECT array_agg(user_id ORDER BY user_id) FROM analytics.user_engagement"
    assert number(ours, "SELECT count(*) FROM delta.session_day") == 2
    assert fold(worker) == 6
    assert number(ours, "SELECT array_agg(DISTINCT status) FROM analytics.session_day") == [
        "cancelled",
        "no_show",
        "scheduled",
    ]
    assert number(ours, "SELECT array_agg(currency) FROM analytics.payment_total") == ["RUB", "EUR"]
    assert number(ours, f"{enrolled} WHERE courses_enrolled > 0") == [LEARNER, 3]
    assert is_right(ours)


@pytest.mark.parametrize("table", MIRRORED)
def test_a_truncated_table_counts_no_more(ours: Connection, worker: Connection, table: str) -> None:
    rows = number(ours, f"SELECT count(*) FROM public.{table}")  # noqa: S608
    every(ours, "TRUNCATE {}", [table])
    assert captured(ours) == NOTHING | {table: [-1] * rows}
    assert fold(worker) == rows
    assert is_right(ours)


def test_where_nothing_is_left_no_row_is(ours: Connection, worker: Connection) -> None:
    every(ours, "DELETE FROM {}")
    fold(worker)
    # what happened on an earlier day stays said
    kept = {name for name, metric in STORED.items() if metric.journals}
    for name in SUMMARIES.keys() - JOURNALS.keys() - kept:
        assert number(ours, f"SELECT count(*) FROM analytics.{name}") == 0, name  # noqa: S608


def test_a_fold_with_nothing_pending_changes_no_row_and_moves_as_of(
    ours: Connection, worker: Connection
) -> None:
    before, version = versions_of_rows(ours), freshness(ours, "version")
    as_of, changed_at = freshness(ours, "as_of"), freshness(ours, "changed_at")
    assert fold(worker) == 0
    assert versions_of_rows(ours) == before
    assert freshness(ours, "version") == version
    assert freshness(ours, "changed_at") == changed_at
    assert all(moment > as_of[name] for name, moment in freshness(ours, "as_of").items())


def test_a_fold_that_knows_no_moment_counts_all_the_same_and_does_not_claim_one(
    ours: Connection, worker: Connection
) -> None:
    as_of = freshness(ours, "as_of")
    ours.execute("DELETE FROM public.payments")
    assert fold_as_of(worker, None) == 2
    assert is_right(ours)
    assert freshness(ours, "as_of") == as_of


def test_as_of_never_goes_back_nor_ahead_of_our_clock(ours: Connection, worker: Connection) -> None:
    before = freshness(ours, "as_of")
    fold_as_of(worker, datetime(2020, 1, 1, tzinfo=UTC))
    assert freshness(ours, "as_of") == before
    fold_as_of(worker, datetime.now(UTC) + timedelta(hours=1))
    assert all(moment <= datetime.now(UTC) for moment in freshness(ours, "as_of").values())


def test_only_the_rows_that_change_are_written(ours: Connection, worker: Connection) -> None:
    before = versions_of_rows(ours)
    ours.execute("UPDATE public.sessions SET duration_minutes = 60 WHERE status = 'COMPLETED'")
    fold(worker)
    written = {
        name: len(rows - before[name])
        for name, rows in versions_of_rows(ours).items()
        if rows != before[name]
    }
    names = (
        *("session_day", "session_day_hour", "session_day_minute"),
        *("session_outcome", "outcome_day"),
    )
    assert written == dict.fromkeys(names, 1), "all that hold minutes"


def test_changes_that_cancel_out_change_no_row_and_no_version(
    ours: Connection, worker: Connection
) -> None:
    before, version = versions_of_rows(ours), freshness(ours, "version")
    ours.execute(
        "INSERT INTO public.sessions VALUES (99, %s, 5, 30, 'COMPLETED', now())", [LEARNER]
    )
    ours.execute("DELETE FROM public.sessions WHERE id = 99")
    for difference in (1, -1):
        for change in (
            "UPDATE public.payments SET amount = amount + %s",
            "UPDATE public.course_enrollments SET progress_percent = progress_percent + %s",
            "UPDATE public.reviews SET created_at = created_at + %s * interval '1 day'",
        ):
            ours.execute(change, [difference])
    assert fold(worker) == 2 + 4 * (2 + 2 + 1)
    assert versions_of_rows(ours) == before
    assert freshness(ours, "version") == version


def test_one_more_session_of_a_listed_mentor_writes_no_window(
    ours: Connection, worker: Connection
) -> None:
    """It is one more in each of 365: a snapshot left open would keep all of them."""
    ours.execute("INSERT INTO public.sessions VALUES (98, 2, 5, 30, 'COMPLETED', now())")
    fold(worker)
    before = versions_of_rows(ours)
    ours.execute("INSERT INTO public.sessions VALUES (99, 2, 5, 30, 'COMPLETED', now())")
    fold(worker)
    after = versions_of_rows(ours)
    assert after["mentor_window"] == before["mentor_window"]
    assert len(after["listed_mentor"] - before["listed_mentor"]) == 1
    assert sum(len(after[name] - before[name]) for name in after) < 20
    assert is_right(ours)


@pytest.mark.parametrize(
    ("change", "families"),
    [
        (
            "INSERT INTO public.users VALUES (50, 'new', 'STUDENT', true, true, now())",
            {"platform", "user_growth", "engagement"},
        ),
        ("UPDATE public.users SET username = 'else' WHERE id = 2", {"engagement"}),
        ("UPDATE public.users SET role = 'MENTOR' WHERE id = 2", {"platform"}),
        ("UPDATE public.users SET is_active = false WHERE id = 2", set[str]()),
        (
            "INSERT INTO public.sessions VALUES (50, 2, 5, 30, 'COMPLETED', now())",
            {"platform", "sessions", "engagement"},
        ),
        (
            "UPDATE public.sessions SET duration_minutes = 1 WHERE id = 1",
            {"platform", "sessions"},  # the platform's comparison reads session_day, too
        ),
        ("UPDATE public.sessions SET mentor_id = 6 WHERE id = 1", {"sessions"}),
        (
            "INSERT INTO public.courses VALUES (50, 'new', true)",
            {"platform", "courses"},
        ),
        ("UPDATE public.courses SET title = 'else' WHERE id = 1", {"courses"}),
        (
            "INSERT INTO public.course_enrollments VALUES (50, 2, 1, 0, true, '2001-01-01')",
            {"platform", "courses", "engagement"},
        ),
        (
            "UPDATE public.course_enrollments SET progress_percent = 34 WHERE id = 1",
            {"courses", "engagement"},
        ),
        ("INSERT INTO public.progress VALUES (50, 2, now())", {"engagement"}),
        ("INSERT INTO public.progress VALUES (50, 2, '2001-01-01')", set[str]()),
        ("UPDATE public.reviews SET rating = 1", {"platform", "courses"}),
        (
            "INSERT INTO public.payments VALUES (50, 2, 1, 'RUB', 'COMPLETED', '2001-01-01')",
            {"platform", "revenue"},
        ),
        (
            "INSERT INTO public.payments VALUES (50, 2, 1, 'RUB', 'PENDING', '2001-01-01')",
            set[str](),
        ),
    ],
)
def test_only_the_answers_that_change_get_a_new_version(
    ours: Connection, worker: Connection, change: str, families: set[str]
) -> None:
    before, changed_at = freshness(ours, "version"), freshness(ours, "changed_at")
    rows = versions_of_rows(ours)
    ours.execute(change.encode())
    fold(worker)
    after, now_changed_at = freshness(ours, "version"), freshness(ours, "changed_at")
    assert newer(before, after) == newer(changed_at, now_changed_at) == families
    now_rows = versions_of_rows(ours)
    written = {name for name in STORED if now_rows[name] != rows[name]}
    written |= {
        name for name, metric in METRICS.items() if not written.isdisjoint(sources(metric))
    } - set(STORED)
    assert newer_metrics(before, after) == newer_metrics(changed_at, now_changed_at) == written
    assert len(set(freshness(ours, "as_of").values())) == 1, "all are of one moment"
    assert is_right(ours)


def test_at_the_first_fold_of_a_day_only_answers_about_days_get_a_new_version(
    ours: Connection, worker: Connection
) -> None:
    before = freshness(ours, "version")
    tomorrow = datetime.now(UTC) + timedelta(1)
    worker.execute("SELECT set_config('analytics.now', %s, false)", [tomorrow.isoformat()])
    assert fold(worker) == 0
    after = freshness(ours, "version")
    assert newer(before, after) == {
        "platform",  # whose comparison is about days
        "user_growth",
        "sessions",
        "revenue",
    }
    assert newer_metrics(before, after) == {
        name for name, metric in METRICS.items() if metric.date or metric.is_of_today
    }
    assert set(freshness(ours, "day").values()) == {tomorrow.date()}
    assert number(ours, "SELECT max(day) FROM analytics.calendar") == tomorrow.date()
    assert fold(worker) == 0
    assert freshness(ours, "version") == after


def test_last_activity_follows_deletes_back_to_nothing(
    ours: Connection, worker: Connection
) -> None:
    last = "SELECT last_activity FROM analytics.user_engagement WHERE user_id = %s"
    for moment in (datetime(2030, 1, 2, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)):
        ours.execute("INSERT INTO public.progress VALUES (%s, 2, %s)", [moment.day, moment])
    fold(worker)
    assert number(ours, last, LEARNER) == datetime(2030, 1, 2, tzinfo=UTC)
    ours.execute("DELETE FROM public.progress WHERE id = 2")
    fold(worker)
    assert number(ours, last, LEARNER) == datetime(2030, 1, 1, tzinfo=UTC)
    every(ours, "DELETE FROM {}", DEEDS)
    fold(worker)
    assert number(ours, "SELECT count(*) FROM analytics.user_engagement") == 6
    assert number(ours, last, LEARNER) is None
    assert is_right(ours)


def test_names_and_titles_follow_their_rows(ours: Connection, worker: Connection) -> None:
    username = "SELECT username FROM analytics.user_engagement WHERE user_id = %s"
    title = "SELECT title FROM analytics.course_performance WHERE course_id = %s"
    ours.execute("UPDATE public.users SET username = 'a' WHERE id = %s", [LEARNER])
    ours.execute("UPDATE public.courses SET title = 'a' WHERE id = %s", [PYTHON])
    fold(worker)
    assert (number(ours, username, LEARNER), number(ours, title, PYTHON)) == ("a", "a")
    courses = "SELECT array_agg(course_id ORDER BY course_id) FROM analytics.course_performance"
    assert number(ours, courses) == sorted([PYTHON, EMPTY])
    ours.execute("DELETE FROM public.users WHERE id = %s", [LEARNER])
    ours.execute("DELETE FROM public.courses")
    fold(worker)
    # what they did is still there, who they were is not
    users = "SELECT users, sessions_attended FROM analytics.user_engagement WHERE user_id = %s"
    assert ours.execute(users.encode(), [LEARNER]).fetchone() == (0, 1)
    assert number(ours, username, LEARNER) is None
    assert number(ours, courses) == [PYTHON], "the other one had no reviews"
    assert number(ours, title, PYTHON) is None
    assert is_right(ours)


def test_an_erased_users_name_is_nowhere(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    name = "Аделаида Уникальная"
    ours.execute("UPDATE public.users SET username = %s WHERE id = %s", [name, LEARNER])
    fold(worker)
    assert "user_engagement" in holding(ours, name)
    ours.execute("UPDATE analytics.user_engagement SET username = 'wrong', sessions_attended = 7")
    assert audit(settings, repair=True).wrong > 0
    ours.execute("DELETE FROM public.users WHERE id = %s", [LEARNER])
    fold(worker)
    assert holding(ours, name) == []
    assert holding(ours, "учащийся") != [], "others' are where they were"


def holding(connection: Connection, needle: str) -> list[str]:
    """The relations that hold the text somewhere."""
    tables = connection.execute(
        "SELECT relname::text, oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm')"
        " AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    return [
        name
        for name, table in tables
        if number(
            connection,
            f"SELECT bool_or(strpos(t::text, %s) > 0) FROM {table} AS t",  # noqa: S608
            needle,
        )
    ]


def test_a_row_of_nothing_but_nulls_is_folded_and_taken_back(
    ours: Connection, worker: Connection
) -> None:
    for change in (
        "INSERT INTO {} (id, created_at) VALUES (90, now())",
        "UPDATE {} SET created_at = now() - interval '400 days' WHERE id = 90",
        "DELETE FROM {} WHERE id = 90",
    ):
        every(ours, change, DEEDS)
        fold(worker)
        assert is_right(ours), change


def test_a_change_of_hundreds_of_years_is_folded(ours: Connection, worker: Connection) -> None:
    for moment in ("0001-01-01", "1969-12-31", "9999-12-31"):
        ours.execute("UPDATE public.sessions SET created_at = %s", [moment])
        ours.execute("UPDATE public.payments SET created_at = %s", [moment])
        fold(worker)
        assert is_right(ours), moment


# Several at once


@pytest.mark.parametrize("days", [0, 1])
def test_readers_never_wait_and_see_all_of_a_fold_or_nothing(
    ours: Connection, worker: Connection, settings: Settings, days: int
) -> None:
    options = "-c role=analytics_reader -c lock_timeout=50 -c statement_timeout=2000"
    now = datetime.now(UTC) + timedelta(days)
    worker.execute("SELECT set_config('analytics.now', %s, false)", [now.isoformat()])
    ours.execute("UPDATE public.payments SET amount = 1")
    ours.execute("UPDATE public.sessions SET status = 'NO_SHOW', student_id = 1")
    with connect(settings.analytics_url(), options=options) as reader:
        before = read_models(reader)
        with turn(worker):
            assert number(worker, "SELECT control.fold(now())") == 10
            assert read_models(reader) == before
        after = read_models(reader)
    changed = {name.split('"')[3] for name in before if after[name] != before[name]}
    assert changed >= {"freshness", "pending", "session_day", "payment_day", "user_engagement"}
    assert ("calendar" in changed) == bool(days)


def test_a_second_fold_waits_for_the_first_and_finds_nothing(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE public.payments SET amount = 1")
    with worker_connection(settings) as other, ThreadPoolExecutor() as pool:
        with turn(worker):
            assert number(worker, "SELECT control.fold(now())") == 4
            second = pool.submit(fold, other)
            assert wait_until(lambda: waiting(ours) == 1)
        assert second.result() == 0
    assert is_right(ours)


def waiting(connection: Connection) -> int:
    return connection.execute(
        "SELECT FROM pg_locks WHERE relation = 'control.turn'::regclass AND NOT granted"
    ).rowcount


def test_what_comes_while_a_fold_is_under_way_is_left_to_the_next(
    ours: Connection, worker: Connection
) -> None:
    ours.execute("UPDATE public.payments SET amount = 1")
    with turn(worker):
        assert number(worker, "SELECT count(*) FROM control.step") == len(STEPS)
        ours.execute("UPDATE public.payments SET amount = 2")
        assert number(worker, "SELECT control.fold(now())") == 4
    assert captured(ours) == NOTHING | {"payments": [-1, -1, 1, 1]}
    assert differences(ours, "payment_day") > 0
    assert fold(worker) == 4
    assert is_right(ours)


def test_a_fold_that_fails_changes_nothing_and_the_next_counts_everything_once(
    ours: Connection, worker: Connection
) -> None:
    ours.execute("ALTER TABLE analytics.payment_day ADD CONSTRAINT no CHECK (amount < 20000)")
    ours.execute("UPDATE public.payments SET amount = 50000")
    ours.execute("DELETE FROM public.sessions")
    before, pending = read_models(ours), captured(ours)
    with pytest.raises(errors.CheckViolation):
        fold(worker)
    assert (read_models(ours), captured(ours)) == (before, pending)
    ours.execute("ALTER TABLE analytics.payment_day DROP CONSTRAINT no")
    assert fold(worker) == 7
    assert is_right(ours)


def test_a_fold_that_was_given_up_is_as_if_it_had_never_begun(
    ours: Connection, worker: Connection
) -> None:
    ours.execute("TRUNCATE public.sessions, public.payments")
    before, pending = read_models(ours), captured(ours)
    worker.execute("BEGIN")
    worker.execute("SELECT control.fold(now())")
    worker.execute("ROLLBACK")
    assert (read_models(ours), captured(ours)) == (before, pending)
    assert fold(worker) == 5


def test_whoever_writes_and_whoever_folds_meanwhile_every_change_counts_once(
    ours: Connection, settings: Settings
) -> None:
    url, done = settings.analytics_url(), threading.Event()

    def keep_folding() -> int:
        folded = 0
        with worker_connection(settings) as connection:
            while not done.is_set():
                folded += fold(connection)
        return folded

    with ThreadPoolExecutor() as pool:
        folds = [pool.submit(keep_folding) for _ in range(2)]
        for writing in [pool.submit(keep_writing, url, seed, done, 150) for seed in range(3)]:
            writing.result()
        done.set()
        assert all(folding.result() > 0 for folding in folds)
    with worker_connection(settings) as connection:
        fold(connection)
    assert captured(ours) == NOTHING
    assert is_right(ours)
    assert audit(settings, repair=False) == (0, [])


# What a fold costs


NO_AUTOVACUUM = b"""
    DO $$
    DECLARE
        one regclass;
    BEGIN
        FOR one IN
            SELECT oid FROM pg_class
            WHERE
                relkind = 'r'
                AND relnamespace::regnamespace::text IN ('public', 'capture', 'analytics')
        LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', one);
        END LOOP;
    END
    $$
"""
"""It might look at signed rows halfway, and a plan be made for thousands where there are ten."""


@pytest.fixture
def crowd(ours: Connection, worker: Connection) -> None:
    """Some thousand rows in whatever grows, and plans made for what is there in the end."""
    ours.execute(NO_AUTOVACUUM)
    for insert in (
        "users SELECT n, 'u' || n, 'STUDENT', true, true, now() - n * interval '2 h'",
        "courses SELECT n, 'c' || n, true",
        "sessions SELECT n, n % 3000, n % 60, 30, 'COMPLETED', now() - n * interval '2 h'",
        "course_enrollments SELECT n, n % 3000, n % 2000, 50, false, now()",
        "progress SELECT n, n, now()",
        "reviews SELECT n, n, n % 2000, 5, now()",
        "payments SELECT n, n, 1, 'RUB', 'COMPLETED', now() - n * interval '2 h'",
    ):
        ours.execute(
            f"INSERT INTO public.{insert} FROM generate_series(100, 6000) AS n".replace(
                "%%", "%"
            ).encode()
        )
    fold(worker)
    ours.execute("VACUUM ANALYZE")


CHANGES = (
    "UPDATE public.users SET username = 'else', role = 'MENTOR' WHERE id = %(id)s",
    "UPDATE public.courses SET title = 'else' WHERE id = %(id)s",
    "UPDATE public.sessions SET status = 'CANCELLED', mentor_id = 3 WHERE id = %(id)s",
    "DELETE FROM public.course_enrollments WHERE id = %(id)s",
    "DELETE FROM public.progress WHERE id = %(id)s",
    "UPDATE public.reviews SET rating = 1 WHERE id = %(id)s",
    "UPDATE public.payments SET amount = 7 WHERE id = %(id)s",
)

BOUNDED = {
    "freshness",
    "reporting",
    "missing_column",
    "platform_total",
    "payment_total",
}
"""One row, one for each family, column or currency, some for each window: they do not grow."""


@pytest.mark.usefixtures("crowd")
def test_a_fold_of_few_changes_reads_no_table_as_a_whole(
    ours: Connection, worker: Connection
) -> None:
    # the sixth time a plan may become one for any parameters
    for times in range(8):
        for change in CHANGES:
            ours.execute(change.encode(), {"id": 1000 + 10 * times})
        with turn(worker):
            assert number(worker, "SELECT control.fold(now())") > len(CHANGES)
            read_as_a_whole = worker.execute(
                "SELECT relname::text FROM pg_stat_xact_all_tables"
                " WHERE schemaname IN ('analytics', 'public') AND seq_scan > 0"
            ).fetchall()
        assert {"reporting"} <= {name for (name,) in read_as_a_whole} <= BOUNDED, times
    assert is_right(ours)


ROWS = {
    "users": "n, 'u' || n, 'STUDENT', true, true, now() - n * interval '2 min'",
    "courses": "n, 'c' || n, true",
    "sessions": "n, {owner}, {owner}, 30, 'COMPLETED', now() - n * interval '2 min'",
    "course_enrollments": "n, {owner}, n, 50, false, now()",
    "progress": "n, {owner}, now()",
    "reviews": "n, {owner}, {owner}, 5, now()",
    "payments": "n, {owner}, 1, 'RUB', 'COMPLETED', now() - n * interval '2 min'",
}
"""A row of each table for each n."""

OTHERS = {
    "users": "username = username || 'x', created_at = created_at - interval '1 day'",
    "courses": "title = title || 'x'",
    "sessions": "student_id = student_id + 1, mentor_id = mentor_id + 1",
    "course_enrollments": "user_id = user_id + 1",
    "progress": "user_id = user_id + 1",
    "reviews": "user_id = user_id + 1, course_id = course_id + 1",
    "payments": "student_id = student_id + 1, currency = 'USD'",
}
"""What moves a row from one owner, name or day to another."""

FEW, MANY = 100, 1000


def rows_read(worker: Connection) -> int:
    """How many rows a fold of all that is pending reads, through an index or without."""
    # what the session read before is counted apart
    worker.execute("SELECT pg_stat_force_next_flush()")
    with turn(worker):
        assert number(worker, "SELECT control.fold(now())") > 0
        return number(
            worker,
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint"
            " FROM pg_stat_xact_all_tables"
            " WHERE schemaname IN ('analytics', 'capture', 'public')",
        )


def rows_handled(worker: Connection) -> int:
    """How many rows all steps of all plans of a fold give on or drop, as PostgreSQL counts them.

    What is read once and compared with every change, a join without an index, counts each time.
    """
    plans: list[str] = []
    worker.execute("SET ROLE none")
    worker.execute("LOAD 'auto_explain'")
    for name, value in EXPLAINED.items():
        worker.execute("SELECT set_config(%s, %s, false)", [f"auto_explain.{name}", value])
    worker.execute("SET ROLE analytics_worker")
    with turn(worker):
        worker.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        assert number(worker, "SELECT control.fold(now())") > 0
    return sum(handled(json.loads(plan.split("plan:", 1)[1])["Plan"]) for plan in plans)


EXPLAINED = {
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_timing": "off",
    "log_nested_statements": "on",
    "log_format": "json",
    "log_level": "notice",
}


def handled(node: dict[str, Any]) -> int:
    removed = sum(number for what, number in node.items() if what.startswith("Rows Removed by"))
    below = sum(handled(part) for part in node.get("Plans", []))
    return round((node["Actual Rows"] + removed) * node["Actual Loops"]) + below


@pytest.mark.parametrize("age", ["aged plans", "never analysed", "analysed"])
@pytest.mark.parametrize("owner", ["n", "1"], ids=["an owner for each", "one owns everything"])
def test_the_rows_that_a_fold_reads_are_linear_in_its_changes(
    ours: Connection, worker: Connection, settings: Settings, age: str, owner: str
) -> None:
    ours.execute(NO_AUTOVACUUM)
    every(ours, "TRUNCATE {}")
    ours.execute("INSERT INTO public.users VALUES (1, 'first', 'ADMIN', true, true, now())")
    fold(worker)
    if age == "aged plans":
        # each statement is planned while its tables are empty
        for table, row in ROWS.items():
            values = row.format(owner=owner)
            first_row = f"INSERT INTO public.{table} SELECT {values} FROM (SELECT 2 AS n)"  # noqa: S608
            ours.execute(first_row.encode())
        fold(worker)
    if age == "analysed":
        ours.execute("ANALYZE")
    for table, row in ROWS.items():
        read: dict[tuple[str, int], int] = {}
        for count, first in ((FEW, 10_000), (MANY, 20_000)):
            ids = f"id BETWEEN {first} AND {first + count - 1}"
            fresh = f"{row.format(owner=owner)} FROM generate_series({first}, {first + count - 1})"
            for deed in (
                f"INSERT INTO public.{table} SELECT {fresh} AS n",
                f"UPDATE public.{table} SET {OTHERS[table]} WHERE {ids}",  # noqa: S608
                f"DELETE FROM public.{table} WHERE {ids}",  # noqa: S608
            ):
                ours.execute(deed.encode())
                if age == "aged plans":
                    work = rows_handled(worker)
                else:
                    with worker_connection(settings) as new:
                        work = rows_handled(new)
                read[deed.split()[0], count] = work
        for deed in ("INSERT", "UPDATE", "DELETE"):
            more = (read[deed, MANY] - read[deed, FEW]) / (MANY - FEW)
            assert more < ROWS_HANDLED_PER_CHANGE, (table, deed, read)
    assert is_right(ours)


ROWS_HANDLED_PER_CHANGE = 350
"""Some for each step of each plan; a table for each would be 500, a join without an index 1,000."""


def test_one_more_row_of_who_owns_thousands_costs_what_it_costs_anybody(
    ours: Connection, worker: Connection
) -> None:
    ours.execute(NO_AUTOVACUUM)
    every(ours, "TRUNCATE {}")
    ours.execute("INSERT INTO public.users VALUES (1, 'first', 'ADMIN', true, true, now())")
    spread = {table: row.replace("2 min", "2 h") for table, row in ROWS.items()}
    deeds = {table: row.format(owner=1) for table, row in spread.items() if table != "users"}
    for table, row in deeds.items():
        many = f"INSERT INTO public.{table} SELECT {row} FROM generate_series(100, 3000) AS n"  # noqa: S608
        ours.execute(many.encode())
    fold(worker)
    for table, row in deeds.items():
        newer = f"INSERT INTO public.{table} SELECT {row} FROM (SELECT 2 AS n)"  # noqa: S608
        ours.execute(newer.encode())
        # a mentor's windows and days, and of the thousands of hours those next to it
        assert rows_read(worker) < 3 * 365, table
        # another status, another progress: the newest activity is what it was
        older = f"UPDATE public.{table} SET created_at = created_at - interval '1 s' WHERE id = 900"  # noqa: S608
        if table != "courses":
            ours.execute(older.encode())
            assert rows_read(worker) < 3 * 365, table
    assert is_right(ours)


def test_every_family_has_a_step_and_every_step_a_fold(ours: Connection) -> None:
    steps = ours.execute("SELECT name, family, shared FROM control.step ORDER BY place").fetchall()
    assert [(name, family) for name, family, _ in steps] == [
        (step, family.name) for step, family in STEPS.items()
    ]
    assert {name for _, family, shared in steps for name in (family, *shared)} == set(FAMILIES)
    assert {(reader, name) for name, _, shared in steps for reader in shared} == {
        (family.name, name) for family in FAMILIES.values() for name in family.shares
    }
    folds = ours.execute(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'control'::regnamespace"
        " AND proname LIKE 'fold\\_%'"
    ).fetchall()
    assert {name for (name,) in folds} == {f"fold_{name}" for name in SUMMARIES}
    anew = ours.execute(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'control'::regnamespace"
        " AND proname LIKE 'count\\_%\\_anew'"
    ).fetchall()
    assert {name for (name,) in anew} == {
        f"count_{name}_anew" for name, metric in STORED.items() if metric.per
    }
