"""Rebuild: one snapshot, nobody waits, nothing is written that was right, nothing is mixed."""

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import errors, sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect, one
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from tests.support.databases import calculated
from tests.support.mirror import at
from tests.support.processes import wait_until
from tests.support.stored import (
    OWNING,
    differences,
    freshness,
    is_right,
    newer,
    newer_metrics,
    read_models,
    versions_of_rows,
)
from tests.support.world import LEARNER, PYTHON
from workers import fold as fold_module
from workers import rebuild as module
from workers.fold import snapshot, worker_connection
from workers.rebuild import ask, rebuild, restate, work

READER = "-c role=analytics_reader -c lock_timeout=50 -c statement_timeout=2000"
WORKER = "-c role=analytics_worker"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def analytics_template(postgres: Postgres, analytics_template: str) -> str:
    """A database with something of everything, calculated."""
    calculated(postgres, "calculated", analytics_template)
    return "calculated"


@pytest.fixture
def reader(ours: Connection, settings: Settings) -> Iterator[Connection]:
    """The API's role, which neither waits for a lock nor for long."""
    del ours
    with connect(settings.analytics_url(), options=READER) as connection:
        yield connection


def runs(connection: Connection, reason: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT families, rows_changed, error FROM control.run"
        " WHERE reason = %s AND finished_at IS NOT NULL ORDER BY finished_at",
        [reason],
    ).fetchall()


def change(connection: Connection, number: int = 0) -> None:
    """Something of everything happens at MentorHub."""
    connection.execute(
        "WITH person AS ("
        " INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
        " VALUES (%(id)s, 'new', 'STUDENT', true, false, now())"
        "), meeting AS ("
        " INSERT INTO public.sessions"
        " (id, student_id, mentor_id, duration_minutes, status, created_at)"
        " VALUES (%(id)s, %(learner)s, 5, 30, 'COMPLETED', now())"
        "), payment AS ("
        " INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)"
        " VALUES (%(id)s, %(learner)s, 100, 'RUB', 'COMPLETED', now()))"
        " UPDATE public.course_enrollments SET progress_percent = progress_percent + 1",
        {"id": 100 + number, "learner": LEARNER},
    )


def spoil(connection: Connection) -> None:
    """One stored row of each of three answers is wrong."""
    connection.execute(
        "UPDATE analytics.course_performance SET rating_sum = 0 WHERE course_id = %s", [PYTHON]
    )
    connection.execute("UPDATE analytics.payment_total SET amount = 1 WHERE currency = 'RUB'")
    connection.execute("DELETE FROM analytics.user_engagement WHERE user_id = %s", [LEARNER])


def restated(settings: Settings, at_each_step: Callable[[str], object]) -> None:
    """Other settings come into force in a transaction that is held open at each step."""
    with worker_connection(settings) as connection, connection.transaction():
        restate(connection, settings, lambda step, _done, _all: at_each_step(step))
        at_each_step("commit")


OTHER_SETTINGS = [{"timezone": "Asia/Kathmandu"}, {"currency": "USD"}, {"minor_units": "1000"}]


def test_readers_never_wait_and_see_all_of_another_time_zone_or_nothing(
    ours: Connection, reader: Connection, settings: Settings
) -> None:
    change(ours)
    spoil(ours)
    before = read_models(reader)
    steps: list[str] = []

    def look(step: str) -> None:
        steps.append(step)
        assert read_models(reader) == before, step

    restated(replace(settings, timezone="Asia/Kathmandu"), look)
    after = read_models(reader)
    assert steps == [*STEPS, "fold", "commit"]
    differing = {name for name in before if after[name] != before[name]}
    assert differing >= {
        sql.Identifier("analytics", name).as_string()
        for name in (
            "freshness",
            "platform_total",
            "session_day",
            "payment_day",
            "mentor_ranking",
            "course_performance",
            "user_engagement",
        )
    }


def test_readers_do_not_wait_for_a_slice_and_see_its_corrections_with_the_next_fold(
    ours: Connection, reader: Connection, settings: Settings
) -> None:
    spoil(ours)
    before = read_models(reader)
    with worker_connection(settings) as connection:
        ask(connection, {})
        while (piece := one(connection, "SELECT control.claim()")) is not None:
            with snapshot(connection):
                one(connection, "SELECT control.recount(%s)", [piece])
                assert read_models(reader) == before
            one(connection, "SELECT control.let_go(%s)", [piece])
            assert read_models(reader) == before
        assert work(connection, settings) == 0
    assert is_right(ours)


def test_an_answer_read_over_and_over_during_rebuilds_is_always_whole(
    ours: Connection, reader: Connection, settings: Settings
) -> None:
    done = threading.Event()

    def keep_reading() -> list[tuple[int, ...]]:
        seen: list[tuple[int, ...]] = []
        while not done.is_set():
            seen += reader.execute(
                "SELECT version, sessions, (SELECT sum(sessions) FROM analytics.session_day),"
                " (SELECT sum(sessions) FROM analytics.mentor_day),"
                " (SELECT max(sessions) FROM analytics.mentor_ranking)"
                " FROM analytics.platform_total CROSS JOIN analytics.answer"
                " WHERE family = 'sessions'"
            ).fetchall()
        return seen

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(keep_reading)
        for number in range(8):
            change(ours, number)
            rebuild(settings, ["platform", "sessions"])
        done.set()
    seen = reading.result()
    assert all(len(set(row[1:])) == 1 for row in seen)
    assert seen == sorted(seen)
    assert len({row[0] for row in seen}) > 1


def test_a_row_that_is_right_is_not_written_again(ours: Connection, settings: Settings) -> None:
    before = versions_of_rows(ours)
    assert rebuild(settings) == 0
    assert versions_of_rows(ours) == before
    ours.execute("UPDATE analytics.session_day SET minutes = 7 WHERE status = 'completed'")
    spoilt = versions_of_rows(ours)
    assert rebuild(settings) == 1
    after = versions_of_rows(ours)
    assert len(after["session_day"] - spoilt["session_day"]) == 1
    assert len(after["session_day"] & before["session_day"]) == len(before["session_day"]) - 1
    del after["session_day"], before["session_day"]
    assert after == before


def test_ordinary_changes_are_folded_and_nothing_was_wrong(
    ours: Connection, settings: Settings
) -> None:
    change(ours)
    assert differences(ours, "platform_total") > 0
    assert rebuild(settings) == 0
    assert is_right(ours)


def test_what_is_wrong_and_what_is_pending_are_put_right_together(
    ours: Connection, settings: Settings
) -> None:
    change(ours)
    spoil(ours)
    assert rebuild(settings) == 3
    assert is_right(ours)
    assert rebuild(settings) == 0


def test_a_rebuild_that_changes_nothing_makes_the_answer_younger_and_keeps_its_version(
    ours: Connection, settings: Settings
) -> None:
    as_of, version = freshness(ours, "as_of"), freshness(ours, "version")
    changed_at = freshness(ours, "changed_at")
    rebuild(settings)
    assert all(moment > as_of[name] for name, moment in freshness(ours, "as_of").items())
    assert freshness(ours, "version") == version
    assert freshness(ours, "changed_at") == changed_at


def test_only_the_answers_that_changed_get_a_new_version(
    ours: Connection, settings: Settings
) -> None:
    before = freshness(ours, "version")
    ours.execute("UPDATE public.reviews SET rating = 1")
    assert rebuild(settings) == 0
    after = freshness(ours, "version")
    assert newer(before, after) == {"platform", "courses"}
    of_reviews = {"platform_total", "course_performance", "review_of", "rating"}
    of_reviews |= {"data_quality", "data_quality_row"}
    assert newer_metrics(before, after) == of_reviews
    spoil(ours)
    assert rebuild(settings, ["courses", "engagement"]) == 2
    last = freshness(ours, "version")
    assert newer(after, last) == {"courses", "engagement"}


def test_a_rebuild_reports_in_the_record(ours: Connection, settings: Settings) -> None:
    change(ours)
    spoil(ours)
    changed = rebuild(settings, ["courses"], run_id="mine")
    assert changed == 1
    assert ours.execute(
        "SELECT state, reason, asked, asked_by, slices, done, share, rows_changed, error,"
        " started_at <= finished_at, rows_read > 0 FROM control.run_status WHERE id = 'mine'"
    ).fetchall() == [
        ("done", "request", {"metrics": ["courses"]}, "a task", 1, 1, 1, 1, None, True, True)
    ]


@pytest.mark.parametrize("other", OTHER_SETTINGS, ids=str)
def test_other_settings_are_noticed_by_the_next_rebuild_of_anything_and_restate_everything(
    ours: Connection, settings: Settings, other: dict[str, Any]
) -> None:
    before = freshness(ours, "version")
    rebuild(replace(settings, **other), ["courses"])
    after = freshness(ours, "version")
    assert all(after[name] > before[name] for name in FAMILIES)
    assert [run[0] for run in runs(ours, "settings")] == [list(FAMILIES)]
    assert is_right(ours)
    assert rebuild(replace(settings, **other)) == 0
    assert freshness(ours, "version") == after


def test_settings_and_families_cannot_be_mixed_even_by_a_caller_who_names_one_family(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE public.payments SET created_at = created_at - interval '6 hours' * id")
    rebuild(replace(settings, timezone="Asia/Kathmandu", minor_units="1"), ["courses"])
    assert is_right(ours)


def test_a_request_is_made_however_young_the_answer_is(
    ours: Connection, settings: Settings
) -> None:
    """Also where MentorHub's clock, which as_of is told by, is ahead of ours."""
    ours.execute("UPDATE analytics.freshness SET as_of = now() + interval '1 hour'")
    spoil(ours)
    assert rebuild(settings, ["courses"]) == 1


def test_a_run_that_is_done_is_not_made_again(ours: Connection, settings: Settings) -> None:
    rebuild(settings, ["courses"], run_id="once")
    record = ours.execute("SELECT * FROM control.run").fetchall()
    change(ours)
    assert rebuild(settings, ["courses"], run_id="once") == 0
    assert ours.execute("SELECT * FROM control.run").fetchall() == record
    assert differences(ours, "course_performance") > 0


def test_what_nobody_finished_is_made_by_the_next_rebuild_of_anything(
    ours: Connection, settings: Settings
) -> None:
    """Whether its message was lost with Redis or its worker was killed."""
    ours.execute(
        "INSERT INTO control.run (id, asked, reason)"
        """ VALUES ('lost', '{"metrics": ["courses"]}', 'request'),"""
        """ ('killed', '{"metrics": ["engagement", "gone"]}', 'nightly')"""
    )
    spoil(ours)
    assert rebuild(settings, ["sessions"]) == 2
    assert ours.execute(
        "SELECT id, rows_changed, error FROM control.run WHERE id IN ('lost', 'killed')"
        " AND finished_at IS NOT NULL ORDER BY id"
    ).fetchall() == [("killed", 1, None), ("lost", 1, None)]
    assert differences(ours, "course_performance") == differences(ours, "user_engagement") == 0


def test_a_rebuild_that_fails_leaves_all_as_it_was_and_says_why(
    ours: Connection, reader: Connection, settings: Settings
) -> None:
    ours.execute("ALTER TABLE analytics.payment_day ADD CHECK (transactions < 2) NOT VALID")
    change(ours)
    spoil(ours)
    before = read_models(reader)
    with pytest.raises(errors.CheckViolation):
        rebuild(settings, run_id="bad")
    assert read_models(reader) == before
    ((_, changed, error),) = [run for run in runs(ours, "request") if run[2] is not None]
    assert changed == 3
    assert error.startswith('new row for relation "payment_day" violates check constraint')
    assert "\n" not in error
    ours.execute("ALTER TABLE analytics.payment_day DROP CONSTRAINT payment_day_transactions_check")
    assert rebuild(settings) == 0, "what was found wrong waits for the next fold"
    assert is_right(ours)


@contextmanager
def held_up(settings: Settings) -> Generator[None]:
    """No slice of course_performance comes to its end."""
    with connect(settings.analytics_url(), autocommit=False) as connection:
        connection.execute("LOCK correction.course_performance IN SHARE MODE")
        yield
        connection.rollback()


def test_two_who_ask_at_once_make_each_slice_once_and_both_are_told(
    ours: Connection, settings: Settings
) -> None:
    spoil(ours)
    with ThreadPoolExecutor() as pool:
        with held_up(settings):
            first = pool.submit(rebuild, settings, run_id="first")
            assert wait_until(lambda: open_slices(ours, "first") == [("course_performance", True)])
            second = pool.submit(rebuild, settings, ["courses"], run_id="second")
            # whoever asked can see that a worker has it
            assert wait_until(
                lambda: open_slices(ours, "second") == [("course_performance", False)]
            )
            ours.execute("UPDATE analytics.course_performance SET enrollments = enrollments + 1")
        assert first.result() + second.result(20) > 3
    assert is_finished(ours, "first")
    assert is_finished(ours, "second")
    assert is_right(ours)


def open_slices(connection: Connection, run: str) -> list[tuple[str, bool]]:
    """Those of the last step that is not done; whether somebody has begun it."""
    return connection.execute(
        "SELECT step, started_at IS NOT NULL FROM control.slice"
        " WHERE run = %s AND done_at IS NULL AND step = 'course_performance'",
        [run],
    ).fetchall()


def test_a_worker_that_does_not_wait_leaves_what_others_are_at_to_them(
    ours: Connection, settings: Settings
) -> None:
    spoil(ours)
    with ThreadPoolExecutor() as pool, worker_connection(settings) as connection:
        with held_up(settings):
            first = pool.submit(rebuild, settings, ["courses"], run_id="first")
            assert wait_until(lambda: open_slices(ours, "first") == [("course_performance", True)])
            ask(connection, {"metrics": ["revenue", "platform"]}, run_id="second")
            assert work(connection, settings, wait=False) == 0
            assert is_finished(ours, "second") is False
        assert first.result() == 2
    assert is_finished(ours, "second")


def is_finished(connection: Connection, run: str) -> bool | None:
    row = connection.execute(
        "SELECT finished_at IS NOT NULL FROM control.run WHERE id = %s", [run]
    ).fetchone()
    return row[0] if row else None


def test_many_rebuilds_at_once_end_without_a_deadlock(ours: Connection, settings: Settings) -> None:
    change(ours)
    spoil(ours)
    families = list(OWNING)
    with ThreadPoolExecutor(8) as pool:
        rebuilds = [
            pool.submit(rebuild, settings, families[number % 6 :] + families[: number % 6])
            for number in range(6)
        ]
        assert sum(pending.result() for pending in rebuilds) == 3
    assert is_right(ours)


@pytest.fixture
def disabled_subscription(ours: Connection) -> Iterator[None]:
    """It exists, and nothing arrives."""
    ours.execute(
        "CREATE SUBSCRIPTION mentorhub_analytics CONNECTION 'host=/nowhere'"
        " PUBLICATION mentorhub_analytics WITH (connect = false)"
    )
    yield
    ours.execute("ALTER SUBSCRIPTION mentorhub_analytics SET (slot_name = NONE)")
    ours.execute("DROP SUBSCRIPTION mentorhub_analytics")


@pytest.mark.usefixtures("disabled_subscription")
@pytest.mark.filterwarnings("ignore")
def test_while_replication_is_down_no_answer_claims_to_be_younger(
    ours: Connection, settings: Settings
) -> None:
    before = freshness(ours, "as_of")
    change(ours)
    spoil(ours)
    assert rebuild(settings) > 0
    assert freshness(ours, "as_of") == before
    # what is wrong waits with what is pending: a mirror that follows nobody is not proven
    assert not is_right(ours)
    # before the first right answer there is none
    ours.execute("UPDATE analytics.freshness SET as_of = NULL")
    rebuild(settings)
    assert set(freshness(ours, "as_of").values()) == {None}
    assert ours.execute("SELECT FROM analytics.answer").rowcount == 0


@pytest.mark.parametrize("other", [{}, {"timezone": "Asia/Kathmandu"}], ids=str)
def test_as_of_is_never_later_than_the_snapshot(
    ours: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    before: list[datetime] = []
    turn = fold_module.turn

    def noting(connection: Connection) -> AbstractContextManager[None]:
        before.append(datetime.now(UTC))
        return turn(connection)

    for place in (fold_module, module):
        monkeypatch.setattr(place, "turn", noting)
    former = freshness(ours, "as_of")
    rebuild(replace(settings, **other))
    # new settings have a turn of their own
    assert len(before) == 1 + len(other)
    assert all(former[name] < at <= before[-1] for name, at in freshness(ours, "as_of").items())


FORBIDDEN = (
    *(f"SELECT FROM {schema}.sessions" for schema in ("public", "source", "change", "capture")),
    "SELECT FROM truth.session_day",
    "SELECT FROM delta.session_day",
    "SELECT FROM pending.session_day",
    "SELECT FROM drift.session_day",
    "SELECT FROM correction.session_day",
    "INSERT INTO correction.session_day DEFAULT VALUES",
    "INSERT INTO capture.sessions DEFAULT VALUES",
    "DELETE FROM capture.sessions",
    "SELECT FROM analytics.session_day",
    "SELECT FROM analytics.account",
    *(
        template.format(table)
        for table in ("session_day", "mentor_window", "freshness", "reporting")
        for template in (
            "INSERT INTO analytics.{} DEFAULT VALUES",
            "DELETE FROM analytics.{}",
            "TRUNCATE analytics.{}",
        )
    ),
    "UPDATE analytics.session_day SET sessions = 0",
    "UPDATE analytics.freshness SET as_of = now()",
    "UPDATE analytics.reporting SET currency = 'USD'",
    "REFRESH MATERIALIZED VIEW analytics.calendar",
    "DELETE FROM control.run",
    "INSERT INTO control.run (id, reason) VALUES ('x', 'request')",
    "UPDATE control.slice SET condition = 'true'",
    "SELECT control.compare('session_day', 'true', true)",
    "DELETE FROM control.drift",
    "DELETE FROM control.turn",
    "INSERT INTO control.repair VALUES ('session_day')",
    "UPDATE control.audited SET incidents = 0",
    "INSERT INTO control.installation VALUES ('x', 'x')",
    "CREATE TABLE control.mine ()",
    "CREATE TABLE analytics.mine ()",
    "CREATE TABLE public.mine ()",
    "ALTER TABLE analytics.session_day ADD mine integer",
    "DROP FUNCTION control.fold",
)


@pytest.fixture
def worker(ours: Connection, settings: Settings) -> Iterator[Connection]:
    del ours
    with connect(settings.analytics_url(), options=WORKER) as connection:
        yield connection


def test_the_workers_role_may_do_nothing_but_call_the_verbs(worker: Connection) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(errors.InsufficientPrivilege):
            worker.execute(statement.encode())


def test_nobody_else_may_call_the_verbs(ours: Connection, reader: Connection) -> None:
    verbs = ours.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'control'::regnamespace"
        " AND has_function_privilege('analytics_reader', oid, 'EXECUTE')"
    ).fetchall()
    assert verbs == []
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute("SELECT control.fold(now())")


class Recorder(psycopg.Cursor[Any]):
    """Notes what comes back from each statement: its text, rows and columns."""

    record: ClassVar[list[tuple[str, int, int]]] = []

    def execute(self, query: Any, *arguments: Any, **options: Any) -> "Recorder":
        super().execute(query, *arguments, **options)
        if self.description:
            self.record.append((query, self.rowcount, len(self.description)))
        return self


def test_no_business_row_passes_through_python(
    ours: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold_module, "connect", partial(connect, cursor_factory=Recorder))

    def results(first: int, last: int) -> list[tuple[str, int, int]]:
        ours.execute(
            "INSERT INTO public.sessions"
            " (id, student_id, mentor_id, duration_minutes, status, created_at)"
            " SELECT n, n, n %% 50, 30, 'COMPLETED', now() - n * interval '1 hour'"
            " FROM generate_series(%s::integer, %s::integer) AS n",
            [first, last],
        )
        Recorder.record.clear()
        rebuild(settings)
        return list(Recorder.record)

    # a fold of 1,000 asks for leave to count anew
    few, many = results(1000, 1999), results(2000, 8000)
    assert many == few
    assert all(columns <= 5 for _, _, columns in many)
    assert len(many) > len(STEPS)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime(2025, 3, 29, tzinfo=UTC)),  # 2:00 becomes 3:00
        ("Europe/Berlin", datetime(2025, 10, 25, tzinfo=UTC)),  # 3:00 becomes 2:00
        ("America/Havana", datetime(2025, 11, 1, tzinfo=UTC)),  # 1:00 becomes midnight
        ("Australia/Lord_Howe", datetime(2025, 4, 5, tzinfo=UTC)),  # half an hour back
    ],
)
def test_the_nightly_refresh_comes_once_a_reporting_day_and_soon_after_3(
    settings: Settings, zone: str, start: datetime
) -> None:
    settings, local = replace(settings, timezone=zone), ZoneInfo(zone)
    nights: list[datetime] = []
    with connect(settings.analytics_url()) as connection:
        at(connection, start)
        rebuild(settings)
        for hour in range(72):
            tick = start + hour * HOUR + timedelta(minutes=7)
            connection.execute("SELECT set_config('analytics.now', %s, false)", [tick.isoformat()])
            if connection.execute("SELECT control.nightly_is_due()").fetchone() == (True,):
                at(connection, tick)
                rebuild(settings, reason="nightly")
                nights.append(tick.astimezone(local))
        assert [run[0] for run in runs(connection, "nightly")] == [sorted(OWNING)] * len(nights)
    # the first may be the rest of the day that was going on
    assert all(night.hour == 3 for night in nights[1:])
    dates = [night.date() for night in nights]
    assert dates == [dates[0] + number * DAY for number in range(len(dates))]
    assert len(dates) >= 3


def test_a_nightly_refresh_delivered_twice_or_too_early_does_nothing(
    ours: Connection, settings: Settings
) -> None:
    at(ours, datetime(2025, 6, 1, 2, 59, tzinfo=UTC))
    rebuild(settings, reason="nightly")
    assert runs(ours, "nightly") == []
    at(ours, datetime(2025, 6, 1, 3, 7, tzinfo=UTC))
    rebuild(settings, reason="nightly", run_id="night")
    rebuild(settings, reason="nightly", run_id="night")
    rebuild(settings, reason="nightly")
    assert len(runs(ours, "nightly")) == 1


@pytest.mark.parametrize(("finished_at", "error"), [("now", "why"), (None, None)])
def test_a_night_that_failed_or_was_killed_is_made_up_for(
    ours: Connection, settings: Settings, finished_at: str | None, error: str | None
) -> None:
    at(ours, datetime(2025, 6, 1, 3, 7, tzinfo=UTC))
    with connect(settings.analytics_url()) as same_clock:
        same_clock.execute(
            "INSERT INTO control.run (id, reason, started_at, finished_at, error) VALUES"
            " ('it', 'nightly', now(), %s, %s)",
            [finished_at, error],
        )
    rebuild(settings, reason="nightly", run_id="again")
    (made,) = ours.execute(
        "SELECT id FROM control.run WHERE reason = 'nightly' AND error IS NULL"
        " AND finished_at IS NOT NULL"
    )
    assert made == (("again",) if error else ("it",))


def test_a_night_asked_for_twice_at_the_same_moment_is_made_once(
    ours: Connection, settings: Settings
) -> None:
    at(ours, datetime(2025, 6, 1, 3, 7, tzinfo=UTC))
    with ThreadPoolExecutor(4) as pool:
        for night in [pool.submit(rebuild, settings, reason="nightly") for _ in range(4)]:
            night.result()
    assert [run[0] for run in runs(ours, "nightly")] == [sorted(OWNING)]


def test_a_request_for_nothing_that_is_known_is_done_at_once(
    ours: Connection, settings: Settings
) -> None:
    ours.execute(
        "INSERT INTO control.run (id, asked, reason)"
        """ VALUES ('old', '{"metrics": ["gone"]}', 'request')"""
    )
    assert rebuild(settings, []) == 0
    assert is_finished(ours, "old")


def test_a_busy_day_does_not_make_the_night_forgotten(ours: Connection, settings: Settings) -> None:
    at(ours, datetime(2025, 6, 1, 3, 7, tzinfo=UTC))
    rebuild(settings, reason="nightly")
    at(ours, datetime(2025, 6, 1, 23, 7, tzinfo=UTC))
    ours.execute(
        "INSERT INTO control.run (id, reason, requested_at, finished_at)"
        " SELECT n, 'request', '2025-06-01 03:08+0'::timestamptz"
        " + n * interval '10 s', now() FROM generate_series(1, 3000) AS n"
    )
    rebuild(settings, ["courses"])
    rebuild(settings, reason="nightly")
    assert len(runs(ours, "nightly")) == 1
    at(ours, datetime(2025, 6, 9, 3, 7, tzinfo=UTC))
    rebuild(settings, ["courses"])
    assert runs(ours, "nightly") == []
    assert ours.execute("SELECT FROM control.run WHERE requested_at < '2025-06-02'").rowcount == 0
