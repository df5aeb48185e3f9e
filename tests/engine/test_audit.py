"""Audit: whatever is wrong is found by its key and put right, whatever is right is left alone."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.journals import JOURNALS
from shared.metrics import STORED, Metric
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from tests.support.databases import DEFAULTS, calculated, database
from tests.support.mirror import keep_writing
from tests.support.stored import differences, freshness, is_right, read_models
from tests.support.world import LEARNER, PYTHON
from workers.audit import audit, audit_next
from workers.fold import fold, worker_connection
from workers.rebuild import rebuild
from workers.recounts import hold_recounts, release_recounts


@pytest.fixture(scope="module")
def analytics_template(postgres: Postgres, analytics_template: str) -> str:
    """A database with something of everything, calculated."""
    calculated(postgres, "audited", analytics_template)
    return "audited"


TAMPERED: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "a sum": (
        "session_day",
        """UPDATE analytics.session_day SET minutes = minutes + 5, sessions = 0
        WHERE status = 'completed'""",
        [{"status": "completed", "sessions": 1, "minutes": -5}],
    ),
    "a missing row": (
        "session_day",
        "DELETE FROM analytics.session_day WHERE status = 'completed'",
        [{"status": "completed", "sessions": 1, "minutes": 45}],
    ),
    "a surplus row": (
        "session_day",
        "INSERT INTO analytics.session_day VALUES ('2020-02-02', 'completed', 3, 7)",
        [{"day": "2020-02-02", "status": "completed", "sessions": -3, "minutes": -7}],
    ),
    "a row under another key": (
        "payment_day",
        "UPDATE analytics.payment_day SET currency = 'EUR' WHERE currency = 'USD'",
        [
            {"currency": "EUR", "amount": -6789, "transactions": -1},
            {"currency": "USD", "amount": 6789, "transactions": 1},
        ],
    ),
    "half an hour": (
        "session_day_hour",
        (
            "UPDATE analytics.session_day_hour SET hour = hour + interval '30 min'"
            " WHERE status = 'completed'"
        ),
        [{"sessions": 1, "minutes": 45}, {"sessions": -1, "minutes": -45}],
    ),
    "a minute": ("session_day_minute", "TRUNCATE analytics.session_day_minute", [{}, {}, {}]),
    "an hour's amount": (
        "payment_day_hour",
        "UPDATE analytics.payment_day_hour SET amount = 0 WHERE currency = 'USD'",
        [{"currency": "USD", "amount": 6789}],
    ),
    "a minute's currency": (
        "payment_day_minute",
        "DELETE FROM analytics.payment_day_minute WHERE currency = 'USD'",
        [{"currency": "USD", "transactions": 1}],
    ),
    "an hour without a row": ("user_day_hour", "DELETE FROM analytics.user_day_hour", [{}]),
    "a minute without a row": (
        "user_day_minute",
        "UPDATE analytics.user_day_minute SET new_users = new_users - 1",
        [{"new_users": 1}],
    ),
    "a table without rows": ("user_day", "TRUNCATE analytics.user_day", [{"new_users": 6}]),
    "the only row": ("platform_total", "DELETE FROM analytics.platform_total", [{"users": 6}]),
    "an amount": (
        "payment_total",
        "UPDATE analytics.payment_total SET amount = amount + 1 WHERE currency = 'RUB'",
        [{"currency": "RUB", "amount": -1, "transactions": 0}],
    ),
    "a name": (
        "user_engagement",
        "UPDATE analytics.user_engagement SET username = 'wrong' WHERE user_id = 2",
        [{"user_id": LEARNER, "sessions_attended": 0}],
    ),
    "a name that is missing": (
        "user_engagement",
        "UPDATE analytics.user_engagement SET username = NULL WHERE user_id = 2",
        [{"user_id": LEARNER, "users": 0}],
    ),
    "a moment": (
        "user_engagement",
        "UPDATE analytics.user_engagement SET last_activity = '2040-01-01' WHERE user_id = 2",
        [{"user_id": LEARNER, "users": 0}],
    ),
    "a moment of who was never there": (
        "user_engagement",
        "UPDATE analytics.user_engagement SET last_activity = '2040-01-01' WHERE user_id = 1",
        [{"user_id": 1, "users": 0}],
    ),
    "a surplus outcome": (
        "session_outcome",
        """INSERT INTO analytics.session_outcome
        (day, mentor_id, scheduled, confirmed, in_progress, completed, cancelled, no_show, minutes)
        VALUES (TODAY, 77, 1, 0, 0, 0, 0, 0, 0)""",
        [{"mentor_id": 77, "scheduled": -1}],
    ),
    "a surplus hour": (
        "session_hour",
        "INSERT INTO analytics.session_hour (weekday, hour, sessions) VALUES (1, 77, 3)",
        [{"weekday": 1, "hour": 77, "sessions": -3}],
    ),
    "a surplus method": (
        "revenue",
        """INSERT INTO analytics.revenue
        (day, currency, mentor_id, payment_method, revenue, transactions, failed, finished)
        VALUES (TODAY, 'EUR', 1, 'card', 5, 1, 0, 1)""",
        [{"currency": "EUR", "revenue": -5, "transactions": -1}],
    ),
    "a missing learner": (
        "user_engagement",
        "DELETE FROM analytics.user_engagement WHERE user_id = 2",
        [{"user_id": LEARNER, "users": 1, "sessions_attended": 1, "progress_sum": 33}],
    ),
    "a surplus learner": (
        "user_engagement",
        """INSERT INTO analytics.user_engagement
        (user_id, username, users, sessions_attended, courses_enrolled, progress_sum,
        reviews_written) VALUES (77, 'ghost', 1, 0, 0, 0, 0)""",
        [{"user_id": 77, "users": -1}],
    ),
    "a title": (
        "course_performance",
        "UPDATE analytics.course_performance SET title = 'wrong', ratings = 9 WHERE course_id = 1",
        [{"course_id": PYTHON, "ratings": -8}],
    ),
    "a day": (
        "session_day",
        "UPDATE analytics.session_day SET sessions = 9 WHERE status = 'completed'",
        [{"status": "completed", "sessions": -8, "minutes": 0}],
    ),
    "a missing day": (
        "session_day",
        "DELETE FROM analytics.session_day WHERE status = 'completed'",
        [{"status": "completed", "sessions": 1, "minutes": 45}],
    ),
    "a surplus day": (
        "payment_day",
        "INSERT INTO analytics.payment_day VALUES (TODAY - 9, 'EUR', 1, 1)",
        [{"currency": "EUR", "amount": -1, "transactions": -1}],
    ),
    "a mentor's day": (
        "mentor_day",
        "INSERT INTO analytics.mentor_day VALUES (5, TODAY - 400, 9)",
        [{"mentor_id": 5, "sessions": -9}],
    ),
    "a mentor's place": (
        "mentor_ranking",
        "UPDATE analytics.mentor_window SET less = less - 6 WHERE from_day = TODAY - 364",
        [{"place": 1, "mentor_id": 5, "sessions": 3, "stored_sessions": 9}],
    ),
    "a missing mentor": (
        "mentor_ranking",
        "DELETE FROM analytics.mentor_window WHERE from_day = TODAY",
        [{"place": 1, "mentor_id": 5, "sessions": 1, "stored_sessions": None}],
    ),
    "a surplus mentor": (
        "mentor_ranking",
        """INSERT INTO analytics.listed_mentor VALUES (6, 1);
        INSERT INTO analytics.mentor_window VALUES (TODAY - 9, 6, 0)""",
        [{"place": None, "mentor_id": 6, "sessions": None, "stored_sessions": 1}],
    ),
    "a row that is not set aside": (
        "unusable_row",
        "INSERT INTO analytics.unusable_row VALUES ('users', 2, 'created_at', 1)",
        [{"mirrored": "users", "id": 2, "rows": -1}],
    ),
    "rows that are not set aside": (
        "unusable_total",
        "INSERT INTO analytics.unusable_total VALUES ('users', 'created_at', 9)",
        [{"mirrored": "users", "rows": -9}],
    ),
    "an entry of nobody's": (
        "payment_journal",
        """WITH entry AS (
            INSERT INTO kept.payment_journal
                (happened_at, found_by, payment_id, currency, earned, refunded)
            VALUES (now(), 'fold', 77, 'XXX', 5, 3)
            RETURNING happened_at, payment_id, currency, earned, refunded
        )
        INSERT INTO capture.payment_journal SELECT *, 1 FROM entry""",
        [{"payment_id": 77, "currency": "XXX", "earned": -5, "refunded": -3}],
    ),
    "a subscription of nobody's": (
        "subscription_journal",
        """WITH entry AS (
            INSERT INTO kept.subscription_journal
                (happened_at, found_by, subscription_id, currency, amount, becomes)
            VALUES (now(), 'fold', 77, 'XXX', 9.9, 9.9)
            RETURNING happened_at, subscription_id, currency, amount, becomes
        )
        INSERT INTO capture.subscription_journal SELECT *, 1 FROM entry""",
        [{"subscription_id": 77, "currency": "XXX", "amount": -9.9}],
    ),
    "a calendar of another day": (
        "calendar",
        """SET analytics.now = '2020-01-01'; REFRESH MATERIALIZED VIEW analytics.calendar;
        RESET analytics.now""",
        [{"problem": "missing"}] * 365 + [{"problem": "too much"}] * 365,
    ),
}


SAMPLES = {"integer": "77", "text": "'x'"}
"""Of keys; of dates one long ago."""


def surplus(metric: Metric) -> tuple[str, str, list[dict[str, Any]]]:
    """A row that is nobody's."""
    keys = [SAMPLES.get(key.type, "TODAY - 9000") for key in metric.keys.values()]
    columns = ", ".join(f'"{name}"' for name in (*metric.keys, *metric.measures))
    values = ", ".join([*keys, *["1"] * len(metric.measures)])
    statement = f"INSERT INTO analytics.{metric.name} ({columns}) VALUES ({values})"  # noqa: S608
    return metric.name, statement, [dict.fromkeys(metric.measures, -1)]


TAMPERED |= {
    f"a surplus row of {name}": surplus(metric)
    for name, metric in STORED.items()
    if name not in {step for step, _, _ in TAMPERED.values()}
}


def test_every_kind_of_step_is_tampered_with() -> None:
    kinds = {
        kind
        for step, _, _ in TAMPERED.values()
        for kind in ("journals", "summaries", "rankings", "views")
        if step in getattr(STEPS[step], kind)
    }
    assert kinds == {"journals", "summaries", "rankings", "views"}
    assert {step for step, _, _ in TAMPERED.values()} == set(STEPS)


def tamper(connection: Connection, case: str) -> tuple[str, list[dict[str, Any]]]:
    """Do it, and return in which step and what an audit must say of it."""
    step, statement, expected = TAMPERED[case]
    today = "(SELECT max(day) FROM analytics.freshness)"
    connection.execute(statement.replace("TODAY", today).encode())
    return step, expected


@pytest.fixture(scope="module")
def shared(postgres: Postgres, analytics_template: str) -> Iterator[Settings]:
    """Of a database that every test leaves as it was."""
    with database(postgres, "test_audit", analytics_template) as url:
        yield replace(DEFAULTS, analytics_database_url=url)


@pytest.mark.parametrize(
    "case",
    # of a journal nothing is taken back: see test_journals.py
    [case for case, (step, _, _) in TAMPERED.items() if step not in JOURNALS],
)
def test_what_was_tampered_with_is_found_by_its_key_repaired_counted_and_listed(
    shared: Settings, case: str
) -> None:
    with connect(shared.analytics_url()) as ours, worker_connection(shared) as worker:
        ours.execute("DELETE FROM control.audited")
        ours.execute("DELETE FROM control.drift")
        right = read_tables(ours)
        step, expected = tamper(ours, case)
        found = audit(shared, repair=False)
        assert found.wrong == len(found.rows) == len(expected)
        assert {row.summary for row in found.rows} == {step}
        for part in expected:
            assert any(row.row | part == row.row for row in found.rows), part
        # without repair: found once more, and left to the next fold
        assert leave_to_the_next_fold(worker, step) == len(expected)
        assert read_tables(ours) != right
        fold(worker)
        assert read_tables(ours) == right
        assert audit(shared, repair=False) == (0, [])
        assert noted(ours, step) == (0, 2 * len(expected))
        assert listed(ours) == [(step, False)] * len(expected) + [(step, True)] * len(expected)


def leave_to_the_next_fold(worker: Connection, step: str) -> int:
    with worker.transaction():
        row = worker.execute("SELECT control.audit(%s, true, true)", [step]).fetchone()
    return row[0] if row else -1


def read_tables(connection: Connection) -> dict[str, list[str]]:
    """What answers are made of, without when."""
    stored = read_models(connection)
    return {name: stored[name] for name in stored if name.split('"')[3] in STEPS}


def noted(connection: Connection, step: str) -> tuple[int, int] | None:
    """What the last audit of the step found, and what all did."""
    return connection.execute(
        "SELECT drift, incidents FROM control.audited WHERE summary = %s", [step]
    ).fetchone()


def listed(connection: Connection) -> list[tuple[str, bool]]:
    return connection.execute(
        "SELECT summary, repaired FROM control.drift ORDER BY found_at, repaired"
    ).fetchall()


def test_a_repair_makes_another_answer_and_leaves_the_others(
    ours: Connection, settings: Settings
) -> None:
    for case in ("a sum", "a day", "a mentor's place", "a title"):
        before = freshness(ours, "version")
        step, expected = tamper(ours, case)
        assert audit(settings, repair=True).wrong == len(expected)
        after = freshness(ours, "version")
        readers = {family.name for family in FAMILIES.values() if step in family.shares}
        readers.add(STEPS[step].name)
        assert {name for name in after if after[name] > before[name]} == readers, case
        assert is_right(ours)


def test_an_audit_without_repair_changes_nothing(ours: Connection, settings: Settings) -> None:
    for case in ("a sum", "a name", "a surplus learner", "a surplus day", "a mentor's place"):
        tamper(ours, case)
    ours.execute("DELETE FROM public.payments WHERE id = 1")
    before = everything_but_the_record(ours)
    assert audit(settings, repair=False).wrong == 5
    assert everything_but_the_record(ours) == before


def everything_but_the_record(connection: Connection) -> dict[str, list[Any]]:
    """Each stored row, where it is and which transaction wrote it."""
    tables = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm')"
        " AND relnamespace::regnamespace::text"
        " IN ('public', 'capture', 'correction', 'analytics', 'control')"
        " AND oid <> ALL ('{control.audited, control.drift}'::regclass[])"
    ).fetchall()
    return {
        table: connection.execute(
            f"SELECT ctid::text, xmin::text, t::text FROM {table} AS t ORDER BY 1".encode()  # noqa: S608
        ).fetchall()
        for (table,) in tables
    }


def test_what_is_pending_is_not_missing_and_what_is_both_is_repaired_right(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE public.sessions SET duration_minutes = 60, status = 'COMPLETED'")
    ours.execute("UPDATE public.users SET username = 'else'")
    ours.execute("DELETE FROM public.payments")
    assert audit(settings, repair=False) == (0, [])
    _, expected = tamper(ours, "a sum")
    assert audit(settings, repair=True).wrong == len(expected)
    assert is_right(ours)


def test_what_is_wrong_and_changes_before_it_is_folded_is_repaired_right(
    ours: Connection, worker: Connection
) -> None:
    for case in ("a sum", "a missing learner", "a title", "a mentor's place"):
        step, expected = tamper(ours, case)
        assert leave_to_the_next_fold(worker, step) == len(expected)
    ours.execute("UPDATE public.sessions SET duration_minutes = 60, mentor_id = 7")
    ours.execute("UPDATE public.users SET username = 'else'")
    ours.execute("DELETE FROM public.courses WHERE id = %s", [PYTHON])
    fold(worker)
    assert is_right(ours)


def test_what_waits_for_its_repair_is_not_found_again(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    step, expected = tamper(ours, "a missing learner")
    assert leave_to_the_next_fold(worker, step) == len(expected)
    assert audit(settings, repair=True) == (0, [])
    fold(worker)
    assert is_right(ours)


def test_many_audits_at_once_repair_once(ours: Connection, settings: Settings) -> None:
    for case in ("a sum", "an amount", "a missing learner"):
        tamper(ours, case)
    with ThreadPoolExecutor(4) as pool:
        audits = [pool.submit(audit, settings, repair=True) for _ in range(4)]
        assert sum(pending.result().wrong for pending in audits) == 3
    assert is_right(ours)


def test_beside_writers_and_folds_an_audit_finds_nothing(
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
        folding = pool.submit(keep_folding)
        writing = [pool.submit(keep_writing, url, seed, done, 10_000) for seed in range(2)]
        try:
            for _ in range(8):
                assert audit(settings, repair=False) == (0, [])
        finally:
            done.set()
        for each in writing:
            each.result()
        assert folding.result() > 0
    assert rebuild(settings) == 0
    assert is_right(ours)


def test_before_the_first_fold_of_a_day_an_audit_does_not_take_yesterdays_windows_for_wrong(
    ours: Connection, settings: Settings
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(1)
    database = sql.Identifier(ours.info.dbname)
    ours.execute(
        sql.SQL("ALTER DATABASE {} SET analytics.now = {}").format(
            database, sql.Literal(tomorrow.isoformat())
        )
    )
    assert audit(settings, repair=False) == (0, [])
    with connect(settings.analytics_url()) as at_that_time, worker_connection(settings) as worker:
        assert differences(at_that_time, "mentor_ranking") > 0
        assert fold(worker) == 0
        assert is_right(at_that_time)
    assert audit(settings, repair=False) == (0, [])


# In parts


MANY = 3500


@pytest.fixture
def learners(ours: Connection, worker: Connection) -> None:
    """Enough of them to be audited in several parts."""
    ours.execute(
        "INSERT INTO public.users SELECT n, 'u' || n, 'STUDENT', true, true, now()"
        " FROM generate_series(11, %s) AS n",
        [MANY],
    )
    fold(worker)
    ours.execute("ANALYZE")


def next_part(settings: Settings, step: str) -> set[int]:
    """The users whose rows a part of the audit found wrong."""
    found = audit(settings, [step], repair=True, rolling=True)
    return {row.row["user_id"] for row in found.rows}


def test_an_audit_right_after_another_one_is_made(ours: Connection, settings: Settings) -> None:
    for _ in range(20):
        ours.execute("DELETE FROM control.audited")
        audit(settings, ["user_role"], repair=True, rolling=True)
        assert ours.execute("SELECT FROM control.audited").rowcount == 1


def next_key(connection: Connection, step: str) -> str | None:
    (key,) = connection.execute(
        "SELECT next_key FROM control.audited WHERE summary = %s", [step]
    ).fetchone() or (None,)
    return key


@pytest.mark.usefixtures("learners")
def test_the_parts_of_an_audit_cover_every_key_once_also_those_beyond_what_is_stored(
    ours: Connection, settings: Settings
) -> None:
    wrong = {-5, 1, 1000, 1001, 1002, 2000, *range(MANY - 20, MANY + 1), 10**9}
    ours.execute("DELETE FROM analytics.user_engagement WHERE user_id = ANY (%s)", [list(wrong)])
    for surplus in (-5, 10**9):
        ours.execute(
            "INSERT INTO analytics.user_engagement (user_id, username, users, sessions_attended,"
            " courses_enrolled, progress_sum, reviews_written) VALUES (%s, 'ghost', 1, 1, 1, 1, 1)",
            [surplus],
        )
    parts = [next_part(settings, "user_engagement")]
    while next_key(ours, "user_engagement"):
        parts.append(next_part(settings, "user_engagement"))
    assert len(parts) == 4
    assert sorted(key for part in parts for key in part) == sorted(wrong)
    assert sum(bool(part) for part in parts) > 2
    assert is_right(ours)


@pytest.mark.usefixtures("learners")
def test_a_round_of_parts_begins_again_and_a_whole_audit_begins_it_anew(
    ours: Connection, settings: Settings
) -> None:
    keys: list[str | None] = []
    for _ in range(6):
        next_part(settings, "user_engagement")
        keys.append(next_key(ours, "user_engagement"))
    assert keys == [*keys[:3], None, *keys[:2]]
    assert len(set(keys)) == 4
    audit(settings, ["user_engagement"], repair=False)
    assert next_key(ours, "user_engagement") is None


def test_all_rows_of_a_key_are_in_one_part_and_few_keys_of_many_rows_in_several(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    ours.execute(
        "INSERT INTO public.sessions SELECT n, 2, 20 + n %% 3, 60, 'COMPLETED',"
        " now() - n / 3 * interval '1 day' FROM generate_series(1000, 1000 + %s) AS n",
        [MANY],
    )
    fold(worker)
    ours.execute("ANALYZE")
    wrong = ours.execute(
        "DELETE FROM analytics.mentor_day WHERE mentor_id <> 21 AND EXTRACT(DAY FROM day) < 9"
    ).rowcount
    ours.execute(
        "INSERT INTO analytics.mentor_day SELECT 21, CURRENT_DATE - n, 1"
        " FROM generate_series(5000, 8000) AS n"
    )
    parts: list[set[int]] = []
    found = 0
    while not parts or next_key(ours, "mentor_day"):
        part = audit(settings, ["mentor_day"], repair=True, rolling=True)
        found += part.wrong
        parts.append({row.row["mentor_id"] for row in part.rows})
    assert found == wrong + 3001
    assert sum(map(len, parts)) == len(set[int]().union(*parts)), "no key is in two parts"
    assert sum(map(bool, parts)) > 1
    assert is_right(ours)


SUMMARIES = [name for family in FAMILIES.values() for name in family.summaries]


MORE = (
    "INSERT INTO public.mentors (id, user_id) VALUES (1, 4)",
    'INSERT INTO public.lessons (id, course_id, "order") VALUES (1, 1, 1)',
    (
        "INSERT INTO public.messages (id, sender_id, recipient_id, created_at)"
        " VALUES (1, 2, 4, now() - interval '1 hour'), (2, 4, 2, now())"
    ),
    (
        "INSERT INTO public.course_enrollments"
        " (id, user_id, course_id, progress_percent, completed, created_at, completed_at)"
        " VALUES (9, 3, 1, 100, true, now() - interval '9 days', now() AT TIME ZONE 'UTC')"
    ),
    "INSERT INTO public.subscriptions (id, amount, status) VALUES (1, 9.9, 'ACTIVE')",
)
"""What metrics need that the small MentorHub lacks."""


@pytest.mark.parametrize("summary", SUMMARIES)
def test_a_table_of_few_rows_is_one_part_whatever_its_key(
    ours: Connection, worker: Connection, settings: Settings, summary: str
) -> None:
    for statement in MORE:
        ours.execute(statement.encode())
    fold(worker)
    name = sql.Identifier("analytics", summary)
    rows = ours.execute(sql.SQL("DELETE FROM {}").format(name)).rowcount
    assert audit(settings, [summary], repair=True, rolling=True).wrong == rows
    assert rows > 0 or summary.startswith("unusable")
    assert next_key(ours, summary) is None
    assert is_right(ours)


# Whose turn it is


def test_each_step_is_audited_in_turn_and_none_before_its_time(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("DELETE FROM control.audited")
    for _ in range(len(STEPS) + 3):
        audit_next(settings)
    order = ours.execute("SELECT summary FROM control.audited ORDER BY audited_at").fetchall()
    assert [step for (step,) in order] == list(STEPS)


@pytest.mark.parametrize(
    ("step", "wait"),
    [("session_day", 9), ("calendar", 9), ("mentor_ranking", 60)],
)
def test_a_step_is_overdue_after_its_time(ours: Connection, step: str, wait: int) -> None:
    ours.execute(
        "INSERT INTO control.audited (summary, audited_at) SELECT name, clock_timestamp()"
        " FROM control.step ON CONFLICT (summary) DO UPDATE SET audited_at = excluded.audited_at"
    )
    for minutes, overdue in ((wait - 1, None), (wait + 1, step)):
        ours.execute(
            "UPDATE control.audited SET audited_at = clock_timestamp() - %s * interval '1 min'"
            " WHERE summary = %s",
            [minutes, step],
        )
        assert ours.execute("SELECT control.overdue_audit()").fetchone() == (overdue,)


def test_who_has_waited_longest_comes_first_and_what_was_never_audited_before_that(
    ours: Connection,
) -> None:
    ours.execute(
        "INSERT INTO control.audited (summary, audited_at)"
        " SELECT name, clock_timestamp() - (10 + place) * interval '1 hour' FROM control.step"
        " ON CONFLICT (summary) DO UPDATE SET audited_at = excluded.audited_at"
    )
    last = list(STEPS)[-1]
    assert ours.execute("SELECT control.overdue_audit()").fetchone() == (last,)
    ours.execute("DELETE FROM control.audited WHERE summary = 'courses' OR summary = 'user_day'")
    assert ours.execute("SELECT control.overdue_audit()").fetchone() == ("user_day",)


def test_while_a_rebuild_is_under_way_a_tick_audits_nothing(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    ours.execute("DELETE FROM control.audited")
    tamper(ours, "a sum")
    assert hold_recounts(worker)
    audit_next(settings)
    assert ours.execute("SELECT FROM control.audited").rowcount == 0
    assert audit(settings, repair=True, rolling=True) == (0, [])
    release_recounts(worker)
    assert audit(settings, repair=True, rolling=True).wrong == 1


# By hand


@pytest.mark.parametrize("case", TAMPERED)
def test_drift_is_a_view_to_be_read_by_hand(shared: Settings, case: str) -> None:
    with (
        connect(shared.analytics_url()) as ours,
        ours.transaction(force_rollback=True),
    ):
        drift = sql.SQL("TABLE {}").format(sql.Identifier("drift", TAMPERED[case][0]))
        assert ours.execute(drift).fetchall() == []
        _, expected = tamper(ours, case)
        assert ours.execute(drift).rowcount == len(expected)


def test_drift_says_what_a_sum_lacks(ours: Connection) -> None:
    ours.execute("UPDATE analytics.user_day SET new_users = 1")
    assert ours.execute("SELECT new_users FROM drift.user_day").fetchall() == [(5,)]
    ours.execute("UPDATE analytics.user_day SET day = '2020-02-02'")
    assert ours.execute("SELECT day, new_users FROM drift.user_day ORDER BY day").fetchall() == [
        (date(2020, 2, 2), -1),
        (datetime.now(UTC).date(), 6),
    ]


@pytest.mark.usefixtures("learners")
def test_an_audit_counts_every_wrong_row_and_lists_a_thousand(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("DELETE FROM analytics.user_engagement WHERE user_id > 1000")
    found = audit(settings, repair=True)
    assert (found.wrong, len(found.rows)) == (MANY - 1000, 1000)
    assert noted(ours, "user_engagement") == (MANY - 1000, MANY - 1000)
    assert is_right(ours)


def test_the_record_keeps_what_is_wrong_for_a_week_and_names_nobody(
    ours: Connection, settings: Settings
) -> None:
    tamper(ours, "a name")
    tamper(ours, "a title")
    audit(settings, repair=False)
    columns = ours.execute(
        "SELECT DISTINCT jsonb_object_keys(wrong) FROM control.drift ORDER BY 1"
    ).fetchall()
    assert not {"username", "title", "last_activity"} & {name for (name,) in columns}
    ours.execute("UPDATE control.drift SET found_at = found_at - interval '8 days'")
    rebuild(settings)
    assert {repaired for _, repaired in listed(ours)} == {True}
