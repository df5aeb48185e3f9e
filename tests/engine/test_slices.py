"""A rebuild's slices: exactly what was asked for, each once, whoever is killed, by several."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from rich.console import Console

from ops.audit import audit as audit_by_hand
from ops.history import history, table
from ops.local.embedded import Postgres
from ops.rebuild import foreseen, report, steer, watch, who
from shared.database import Connection, connect, one
from shared.errors import ConfigurationError
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from tests.support.databases import DEFAULTS, calculated, database
from tests.support.mirror import at
from tests.support.stored import is_right, versions_of_rows
from workers.audit import audit
from workers.fold import worker_connection
from workers.rebuild import ask, named, rebuild, work

KILLS = int(os.environ.get("KILLS", "10"))

ROWS_OF_A_SLICE = 1000
"""A tenth of what it is elsewhere, as whole rebuilds of all are many here."""

PEOPLE = 4_500
"""So that user_engagement has five slices."""

ENROLMENTS, COURSES = 3_000, 300

CHANCE = random.Random()  # noqa: S311 - when to kill is no secret


@pytest.fixture(scope="module")
def analytics_template(postgres: Postgres, analytics_template: str) -> str:
    """Many users and enrolments, calculated."""
    settings = calculated(postgres, "sliced", analytics_template)
    with connect(settings.analytics_url()) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION control.rows_of_a_slice() RETURNS integer"
            f" IMMUTABLE LANGUAGE sql RETURN {ROWS_OF_A_SLICE}".encode()
        )
        connection.execute(
            "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
            " SELECT n, 'u' || n, 'STUDENT', true, true, now() - n * interval '15 min'"
            " FROM generate_series(1000, 999 + %s) AS n",
            [PEOPLE],
        )
        connection.execute(
            "INSERT INTO public.course_enrollments"
            " (id, user_id, course_id, progress_percent, completed, created_at)"
            " SELECT n, n, 100 + n %% %s, n %% 101, false, now()"
            " FROM generate_series(1000, 999 + %s) AS n",
            [COURSES, ENROLMENTS],
        )
        connection.execute("ANALYZE")
    rebuild(settings)
    with connect(settings.analytics_url()) as connection:
        connection.execute("ANALYZE")
    return "sliced"


def spoil(connection: Connection) -> int:
    """Rows in every slice, and how many."""
    return sum(
        connection.execute(query).rowcount
        for query in (
            "UPDATE analytics.user_engagement SET courses_enrolled = 9 WHERE user_id % 100 = 7",
            "UPDATE analytics.course_performance SET enrollments = 1 WHERE course_id % 10 = 3",
            "DELETE FROM analytics.user_day WHERE day > current_date - 5",
        )
    )


def slices(connection: Connection, run: str) -> dict[int, tuple[Any, ...]]:
    """When each was done, by number."""
    rows = connection.execute("SELECT id, done_at FROM control.slice WHERE run = %s", [run])
    return {number: done for number, *done in rows if done != [None]}


def state(connection: Connection, run: str) -> str:
    query = "SELECT state FROM control.run_status WHERE id = %s"
    return connection.execute(query, [run]).fetchall()[0][0]


def put_to_work(settings: Settings) -> None:
    """As a worker's process does, which is killed now and then."""
    with (
        suppress(psycopg.OperationalError, ConfigurationError),
        worker_connection(settings, "victim") as connection,
    ):
        work(connection, settings, wait=False)


def kill_one(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'victim' AND datname = current_database()"
        " ORDER BY random() LIMIT 1"
    )


def count_workers(connection: Connection, number: int) -> None:
    connection.execute(
        "INSERT INTO control.part (name, host, seen_at) SELECT 'worker', n, now() + interval '1 h'"
        " FROM generate_series(1, %s) AS n",
        [number],
    )


def test_killed_at_any_moment_it_ends_right_and_no_finished_slice_is_done_again(
    ours: Connection, settings: Settings
) -> None:
    spoilt = spoil(ours)
    count_workers(ours, 2)
    with worker_connection(settings) as connection:
        run = ask(connection, {})
    done: dict[int, Any] = {}
    for _ in range(KILLS):
        with ThreadPoolExecutor() as pool:
            for _ in range(2):
                pool.submit(put_to_work, settings)
            threading.Event().wait(CHANCE.uniform(0, 0.4))
            kill_one(ours)
        now = slices(ours, run)
        assert now.items() >= done.items()
        done = now
    rebuild(settings, [])
    assert slices(ours, run).items() >= done.items()
    assert ours.execute(
        "SELECT state, done = slices, rows_changed FROM control.run_status WHERE id = %s", [run]
    ).fetchall() == [("done", True, spoilt)]
    assert is_right(ours)


def test_several_workers_share_the_slices_and_each_is_made_once(
    ours: Connection, settings: Settings
) -> None:
    spoilt = spoil(ours)
    count_workers(ours, 3)
    with worker_connection(settings) as connection:
        ask(connection, {"metrics": ["user_engagement"]}, run_id="shared")
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(rebuild, settings, []) for _ in range(3)]
        found = [future.result() for future in made]
    assert sum(found) == PEOPLE // 100
    assert len(slices(ours, "shared")) == 5
    assert rebuild(settings) == spoilt - PEOPLE // 100
    assert is_right(ours)


def test_no_more_slices_are_at_work_than_there_are_workers(
    ours: Connection, settings: Settings
) -> None:
    with worker_connection(settings) as one, worker_connection(settings) as other:
        ask(one, {})
        assert one.execute("SELECT control.claim()").fetchone() != (None,)
        assert other.execute("SELECT control.claim()").fetchone() == (None,)
        count_workers(ours, 2)
        assert other.execute("SELECT control.claim()").fetchone() != (None,)


def test_who_asks_for_little_is_not_kept_waiting_by_who_asked_for_much(
    ours: Connection, settings: Settings
) -> None:
    with worker_connection(settings) as connection:
        ask(connection, {}, run_id="much")
        ask(connection, {"course": 110}, run_id="little")
        (piece,) = connection.execute("SELECT control.claim()").fetchall()[0]
        assert ours.execute("SELECT run FROM control.slice WHERE id = %s", [piece]).fetchall() == [
            ("little",)
        ]


def test_paused_it_stands_resumed_it_goes_on_and_cancelled_it_ends(
    ours: Connection, settings: Settings
) -> None:
    spoil(ours)
    with worker_connection(settings) as connection:
        run = ask(connection, {})
        assert steer(settings, "pause", "") == run
        assert work(connection, settings) == 0
        assert state(ours, run) == "paused"
        with pytest.raises(ConfigurationError, match=r"There is no rebuild that is waiting or"):
            steer(settings, "pause", "")
        assert steer(settings, "resume", run[:8]) == run
        assert work(connection, settings) > 0
        assert state(ours, run) == "done"
        with pytest.raises(ConfigurationError, match=f"Rebuild {run} is not waiting or running"):
            steer(settings, "cancel", run)
        other = ask(connection, {})
        assert steer(settings, "cancel", "") == other
        assert work(connection, settings) == 0
    assert ours.execute(
        "SELECT state, cancelled_by LIKE '%%@%%', rows_changed FROM control.run_status"
        " WHERE id = %s",
        [other],
    ).fetchall() == [("cancelled", True, 0)]


def test_a_course_costs_a_hundredth_of_the_whole_at_most(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.course_performance SET enrollments = 0 WHERE course_id = 110")
    with worker_connection(settings) as connection:
        ask(connection, {"course": 110}, run_id="one")
        assert work(connection, settings) == 1
        wrong = dict(ours.execute("SELECT step, wrong FROM control.slice").fetchall())
        ask(connection, {"metrics": [*wrong]}, run_id="all")
        assert work(connection, settings) == 0
    read = dict(ours.execute("SELECT id, rows_read FROM control.run_status").fetchall())
    assert read["all"] >= ENROLMENTS
    assert ENROLMENTS / COURSES <= read["one"] <= read["all"] / 100
    assert {step: rows for step, rows in wrong.items() if rows} == {"course_performance": 1}


def test_a_report_says_what_each_step_cost_and_what_was_wrong(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.course_performance SET enrollments = 7 WHERE course_id = 110")
    with worker_connection(settings) as connection:
        run = ask(connection, {"course": 110, "metrics": ["courses"]})
        work(connection, settings)
    printed = StringIO()
    Console(width=80, file=printed).print(report(settings, watch(settings, run)))
    headings, _, cost, *wrong, outcome = printed.getvalue().splitlines()
    assert headings.split() == ["Step", "Slices", "Rows", "read", "Wrong", "Seconds"]
    step, slices_made, _, found, _ = cost.split()
    assert (step, slices_made, found) == ("course_performance", "1", "1")
    assert " ".join(wrong) == (
        f"course_performance, course_id 110: enrollments {ENROLMENTS // COURSES - 7}"
    )
    assert outcome.endswith("1 were not right.")


def test_only_the_days_and_ids_that_are_named_are_put_right(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.user_day SET new_users = 1000")
    ours.execute("UPDATE analytics.user_engagement SET courses_enrolled = 9")
    (days,) = ours.execute(
        "SELECT array_agg(day::text ORDER BY day) FROM analytics.user_day"
    ).fetchall()[0]
    with worker_connection(settings) as connection:
        ask(connection, {"from": days[10], "to": days[12]})
        assert work(connection, settings) == 3
        ask(connection, {"metrics": ["engagement"], "user": 1010, "course": 3})
        assert work(connection, settings) == 1
    assert ours.execute(
        "SELECT array_agg(day::text ORDER BY day) FROM analytics.user_day WHERE new_users <> 1000"
    ).fetchall() == [(days[10:13],)]
    assert ours.execute(
        "SELECT user_id FROM analytics.user_engagement WHERE courses_enrolled <> 9"
    ).fetchall() == [(1010,)]
    # a part is no audit of the whole
    assert ours.execute(
        "SELECT bool_and(families = '{}') FROM control.run WHERE asked ?| '{from,user}'"
    ).fetchall() == [(True,)]


def test_a_dry_run_changes_nothing(ours: Connection, settings: Settings) -> None:
    spoil(ours)
    before = versions_of_rows(ours), ours.execute("SELECT count(*) FROM control.run").fetchall()
    foreseen(settings, {})
    foreseen(settings, {"course": 110})
    after = versions_of_rows(ours), ours.execute("SELECT count(*) FROM control.run").fetchall()
    assert after == before
    assert ours.execute("SELECT FROM control.drift").rowcount == 0


@pytest.mark.parametrize(
    "asked", [{}, {"course": 1, "user": 2}, {"mentor": 3, "from": "2025-01-01"}], ids=str
)
def test_a_key_that_owns_everything_is_a_slice_like_others(
    ours: Connection, settings: Settings, asked: dict[str, Any]
) -> None:
    ours.execute(
        "INSERT INTO public.sessions"
        " (id, student_id, mentor_id, duration_minutes, status, created_at)"
        " SELECT n, 2, 3, 30, 'COMPLETED', now() - (n - 9999) * interval '1 h'"
        " FROM generate_series(10000, 13000) AS n"
    )
    rebuild(settings)
    ours.execute("UPDATE analytics.mentor_day SET sessions = 77 WHERE mentor_id = 3")
    ours.execute("UPDATE analytics.user_engagement SET sessions_attended = 0 WHERE user_id = 2")
    with worker_connection(settings) as connection:
        ask(connection, asked, run_id="it")
        assert work(connection, settings) > 0
    rebuild(settings)
    assert is_right(ours)


def test_an_id_that_nobody_has_and_one_beyond_all_numbers_cost_nothing(
    ours: Connection, settings: Settings
) -> None:
    with worker_connection(settings) as connection:
        ask(connection, {"course": 2**63 - 1, "user": -(2**63)}, run_id="edge")
        assert work(connection, settings) == 0
        ask(connection, {"course": 2**63}, run_id="beyond")
        assert work(connection, settings) == 0
    assert state(ours, "edge") == "done"
    assert state(ours, "beyond") == "given up"


def test_on_an_empty_installation_everything_is_recalculated_and_nothing_is_wrong(
    postgres: Postgres,
) -> None:
    with database(postgres, "test_slices_empty", "analytics_template") as url:
        settings = replace(DEFAULTS, analytics_database_url=url)
        assert rebuild(settings, run_id="empty") == 0
        with connect(url) as connection:
            made = connection.execute("SELECT step FROM control.slice WHERE run = 'empty'")
            assert sorted(step for (step,) in made) == sorted(STEPS)
            assert state(connection, "empty") == "done"


def test_of_each_answer_that_is_named_something_is_recounted(ours: Connection) -> None:
    """Also of one that is not stored itself: what it is counted from."""
    for name in FAMILIES:
        assert named(ours, {"metrics": [name]}), name


def test_history_says_what_was_done_for_whom_and_what_was_wrong(
    ours: Connection, settings: Settings
) -> None:
    spoilt = spoil(ours)
    audited = audit_by_hand(settings, ["user_day"], repair=False)["wrong"]
    with worker_connection(settings) as connection:
        ask(connection, {"course": 110, "metrics": ["courses"]}, asked_by="me@here")
        work(connection, settings)
        # as `ask` does when it is past three in the morning
        ours.execute(
            "INSERT INTO control.run (id, asked, reason, asked_by)"
            " VALUES ('night', '{}', 'nightly', 'beat')"
        )
        work(connection, settings)
        other = ask(connection, {})
        steer(settings, "cancel", other)
    # what no rebuild and nobody by hand has found
    ours.execute("UPDATE analytics.user_day SET new_users = 7 WHERE day = current_date")
    audit(settings, ["user_day"], repair=True, rolling=True)
    ours.execute("UPDATE control.health SET sentence = 'The slot is gone.', since = now()")
    entries = history(settings)
    # the alarm's since is the newest; the order of the others is that of their beginnings
    assert [
        (entry["kind"], entry["what"], entry["asked_by"], entry["state"], entry["wrong"])
        for entry in entries[:6]
    ] == [
        ("alarm", "mirror", "guard", "ringing", None),
        ("audit", "user_day", "beat", "repaired", 1),
        ("rebuild", "everything", "a task", "cancelled", 0),
        ("night", "everything", "beat", "done", spoilt),
        ("rebuild", "courses course 110", "me@here", "done", 0),
        ("audit", "user_day", who(), "done", audited),
    ]
    with_width = Console(width=80, file=StringIO())
    with_width.print(table(entries))
    text = with_width.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    assert "The slot" in text


@pytest.mark.parametrize(
    ("hour", "asked", "reason", "is_due"),
    [
        (3, {}, "install", False),
        (9, {}, "request", False),
        (2, {}, "install", True),
        (9, {"course": 110}, "request", True),
        (9, {"metrics": ["courses"]}, "request", True),
        (9, {}, "audit", True),
    ],
)
def test_a_night_is_no_second_time_for_what_was_recalculated_since_3(
    ours: Connection, hour: int, asked: dict[str, Any], reason: str, *, is_due: bool
) -> None:
    at(ours, datetime(2025, 6, 1, 10, tzinfo=UTC))
    with connect(ours.info.dsn) as connection:
        connection.execute(
            "INSERT INTO control.run (id, asked, reason, asked_by, requested_at)"
            " VALUES ('it', %s, %s, 'me', %s)",
            [Jsonb(asked), reason, datetime(2025, 6, 1, hour, tzinfo=UTC)],
        )
        assert one(connection, "SELECT control.nightly_is_due()") is is_due


def test_after_days_without_a_machine_the_night_is_made_up_for_once(
    ours: Connection, settings: Settings
) -> None:
    def asks(moment: datetime) -> int:
        at(ours, moment)
        with worker_connection(settings) as connection:
            ask(connection, {}, reason="nightly")
            work(connection, settings)
        return ours.execute("SELECT FROM control.run WHERE reason = 'nightly'").rowcount

    assert asks(datetime(2025, 6, 1, 4, tzinfo=UTC)) == 1
    assert asks(datetime(2025, 6, 4, 1, tzinfo=UTC)) == 1, "not yet"
    assert asks(datetime(2025, 6, 4, 9, tzinfo=UTC)) == 2
    assert asks(datetime(2025, 6, 4, 10, tzinfo=UTC)) == 2
