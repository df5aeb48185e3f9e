"""The schedule, the worker and the broker as real processes, also when they are killed."""

import getpass
import runpy
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname
from typing import Any, cast
from uuid import uuid4

import psutil
import pytest
from celery import Celery
from psycopg import sql
from redis import Redis as Client

from ops import rebuild as asking
from ops import status
from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.programs import Programs
from ops.rebuild import request, watch
from ops.servers import broker
from shared import sqlfiles
from shared.database import Connection, connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from tests.support.celery import WorkerAndBroker, beat
from tests.support.databases import DEFAULTS, database
from tests.support.mirror import at
from tests.support.processes import are_gone, wait_until
from tests.support.stored import OWNING, newer
from tests.support.world import fill
from workers import broker as broker_module
from workers.audit import audit
from workers.beat import Entry
from workers.rebuild import rebuild

SCHEDULE: dict[str, dict[str, Any]] = runpy.run_path(
    str(sqlfiles.ROOT.parent / "celerybeat-schedule.py")
)["beat_schedule"]


@pytest.fixture(scope="module")
def stack(
    postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerAndBroker]:
    home = tmp_path_factory.mktemp("home")
    postgres.allow_login("analytics_worker")
    with (
        database(postgres, "test_celery", analytics_template) as url,
        Redis(home / "redis") as redis,
        Leash() as leash,
    ):
        settings = replace(
            DEFAULTS, analytics_database_url=url, redis_url=redis.url(), home=home, timezone="UTC"
        )
        with connect(url) as connection:
            fill(connection)
        rebuild(settings)
        programs = Programs(
            settings,
            leash,
            reader_url="",
            worker_url=postgres.url("test_celery", user="analytics_worker"),
        )
        stack = WorkerAndBroker(settings, redis, programs)
        stack.start()
        yield stack
        stack.worker.stop()


@pytest.fixture
def ours(stack: WorkerAndBroker) -> Iterator[Connection]:
    """The owner's connection; every number is right and nothing waits."""
    assert wait_until(stack.is_idle)
    rebuild(stack.settings)
    with connect(stack.settings.analytics_url()) as connection:
        yield connection


def change(connection: Connection) -> None:
    """Three families' numbers are not those of the mirror any more."""
    connection.execute("UPDATE public.sessions SET duration_minutes = duration_minutes + 1")
    connection.execute("UPDATE public.payments SET amount = amount + 100")


def spoil(connection: Connection) -> None:
    """Stored rows of two families are wrong: three and two."""
    connection.execute("UPDATE analytics.session_day SET minutes = minutes + 1")
    connection.execute("UPDATE analytics.payment_day SET amount = amount + 1")


def is_right(settings: Settings) -> bool:
    """Nothing waits, and every number is that of the mirror."""
    with connect(settings.analytics_url()) as connection:
        waiting = connection.execute("SELECT max(changes) FROM analytics.pending").fetchone()
    return waiting == (0,) and not audit(settings, repair=False).wrong


def record(connection: Connection, run: str) -> dict[str, Any]:
    cursor = connection.execute("SELECT * FROM control.run WHERE id = %s", [run])
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=False))


def versions(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT family, version FROM analytics.freshness"))


@contextmanager
def held_up(stack: WorkerAndBroker, table: str) -> Generator[None]:
    """A rebuild comes no further than the slices of `correction.TABLE`, or than the fold."""
    with connect(stack.settings.analytics_url(), autocommit=False) as connection:
        schema, name = table.split(".")
        lock = sql.SQL("LOCK {} IN SHARE MODE").format(sql.Identifier(schema, name))
        connection.execute(lock)
        yield
        connection.rollback()


def at_step(connection: Connection, run: str, step: str | None) -> Callable[[], bool]:
    """`step`: None for the fold."""
    query = "SELECT FROM control.run_status WHERE id = %s AND state = 'running' AND step = %s"
    if step is None:
        query = query.replace("step = %s", "step IS NOT DISTINCT FROM %s")
    return lambda: connection.execute(query.encode(), [run, step]).rowcount == 1


def test_a_rebuild_that_ops_ask_for_is_made_by_the_worker(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    before = versions(ours)
    spoil(ours)
    run = request(stack.settings, {"metrics": ["session_day"]})
    state = watch(stack.settings, run)
    made = record(ours, run)
    assert state["rows_changed"] == made["rows_changed"] == 3
    assert (made["families"], made["reason"], made["error"]) == (["sessions"], "request", None)
    assert (state["state"], state["done"], state["slices"]) == ("done", 1, 1)
    assert made["asked_by"] == f"{getpass.getuser()}@{gethostname()}"
    assert made["requested_at"] <= made["started_at"] <= made["finished_at"]
    after = versions(ours)
    # the platform is compared with what session_day tells
    assert newer(before, after) == {"sessions", "platform"}


def test_without_names_everything_is_rebuilt(stack: WorkerAndBroker, ours: Connection) -> None:
    change(ours)
    spoil(ours)
    run = request(stack.settings, {})
    assert watch(stack.settings, run)["rows_changed"] == 5
    assert sorted(record(ours, run)["families"]) == sorted(OWNING)
    assert is_right(stack.settings)


def test_progress_is_shown_while_it_is_made(
    stack: WorkerAndBroker, ours: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    with held_up(stack, "correction.payment_day"):
        run = request(stack.settings, {"metrics": ["session_day", "payment_day"]})
        assert wait_until(at_step(ours, run, "payment_day"))
        (made,) = ours.execute(
            "SELECT slices, done, share > 0 AND share < 1, remaining_seconds > 0, state"
            " FROM control.run_status WHERE id = %s",
            [run],
        ).fetchall()
    assert made == (2, 1, True, True, "running")
    watch(stack.settings, run)
    assert "100%" in capsys.readouterr().err


def test_an_unknown_summary_is_refused_by_naming_the_known_ones(stack: WorkerAndBroker) -> None:
    with pytest.raises(ConfigurationError) as refused:
        request(stack.settings, {"metrics": ["session_day", "sesion_day"]})
    assert str(refused.value) == (
        f"There is no metric 'sesion_day': choose among {', '.join(STEPS)}."
    )


def test_without_a_broker_a_request_says_so_and_leaves_no_record(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    settings = replace(stack.settings, redis_url="redis://:secret@127.0.0.1:1/0")
    before = ours.execute("SELECT count(*) FROM control.run").fetchone()
    with pytest.raises(ServerUnavailableError) as refused:
        request(settings, {})
    sentence = str(refused.value)
    assert sentence.startswith("Redis does not answer (")
    assert sentence.endswith("): is it running, and is REDIS_URL right?")
    assert "secret" not in sentence
    assert ours.execute("SELECT count(*) FROM control.run").fetchone() == before


def test_without_a_worker_a_request_says_so_and_is_made_by_the_next_rebuild(
    stack: WorkerAndBroker, ours: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    with Redis(tmp_path) as nobody_listens:
        run = request(
            replace(stack.settings, redis_url=nobody_listens.url()), {"metrics": ["courses"]}
        )
        with pytest.raises(ConfigurationError) as refused:
            watch(stack.settings, run)
    assert str(refused.value) == (
        "No worker has taken the rebuild within 0.3 s: is one running? It will be made when one is."
    )
    stack.send("rebuild", summaries=[])
    assert wait_until(lambda: record(ours, run)["finished_at"] is not None)


def test_a_rebuild_that_fails_tells_whoever_asked(stack: WorkerAndBroker, ours: Connection) -> None:
    spoil(ours)
    ours.execute(
        "ALTER TABLE analytics.session_day ADD CONSTRAINT no CHECK (day IS NULL) NOT VALID"
    )
    try:
        run = request(stack.settings, {"metrics": ["session_day"]})
        with pytest.raises(ConfigurationError) as refused:
            watch(stack.settings, run)
    finally:
        ours.execute("ALTER TABLE analytics.session_day DROP CONSTRAINT no")
    assert str(refused.value).startswith("The rebuild was given up: new row for relation ")


def test_a_database_without_analytics_is_told_to_be_installed(
    stack: WorkerAndBroker, postgres: Postgres
) -> None:
    with pytest.raises(ConfigurationError, match="run `analytics init`"):
        request(replace(stack.settings, analytics_database_url=postgres.url()), {})


def test_every_name_in_the_schedule_is_a_task_of_the_worker(stack: WorkerAndBroker) -> None:
    with broker(stack.settings) as (app, line):
        inspect = cast("Any", app.control.inspect(connection=line))
        (names,) = inspect.registered().values()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(names)


def test_every_answer_is_refreshed_within_its_ttl_even_if_every_event_and_a_tick_are_lost() -> None:
    entry = SCHEDULE["refresh"]
    assert entry["task"] == "workers.tasks.refresh"
    assert all(2 * entry["schedule"] <= family.ttl * 0.1 for family in FAMILIES.values())


def test_no_wakeup_depends_on_two_clocks() -> None:
    assert all("options" not in entry for entry in SCHEDULE.values()), "no message expires"


def test_no_step_waits_longer_for_its_audit_because_there_are_others() -> None:
    assert len(STEPS) * SCHEDULE["audit"]["schedule"] <= 10 * 60, "see control.overdue_audit()"


def test_the_night_is_looked_for_every_hour() -> None:
    (entry,) = [
        entry for entry in SCHEDULE.values() if entry["task"] == "workers.tasks.nightly_refresh"
    ]
    assert entry["schedule"] <= 3600


def test_a_task_delivered_twice_is_made_once(stack: WorkerAndBroker, ours: Connection) -> None:
    spoil(ours)
    run = request(stack.settings, {"metrics": ["sessions"]})
    watch(stack.settings, run)
    made = record(ours, run)
    before = versions(ours)
    change(ours)
    spoil(ours)
    stack.send("rebuild", task_id=run, summaries=["sessions"])
    assert wait_until(stack.is_idle)
    assert record(ours, run) == made
    assert versions(ours) == before


EVENTS = ("refresh", "session_changed", "course_changed", "payment_changed", "user_changed")


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_brings_everything_that_waits(
    stack: WorkerAndBroker, ours: Connection, event: str
) -> None:
    before = versions(ours)
    change(ours)
    stack.send(event)
    assert wait_until(lambda: is_right(stack.settings))
    after = versions(ours)
    assert newer(before, after) == {
        "platform",
        "sessions",
        "revenue",
    }


def test_events_sent_twice_and_all_at_once_count_every_change_once(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    change(ours)
    for event in (*EVENTS, *EVENTS):
        stack.send(event)
        change(ours)
    stack.send("refresh")
    assert wait_until(stack.is_idle)
    assert is_right(stack.settings)


def test_an_event_with_nothing_pending_changes_no_answer_and_moves_as_of(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    before, moment = versions(ours), datetime.now(UTC)
    stack.send("refresh")
    assert wait_until(lambda: as_of(ours) > moment)
    assert versions(ours) == before


def test_a_worker_killed_in_a_fold_leaves_nothing_half_done_and_every_change_counts_once(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    before = versions(ours)
    change(ours)
    with held_up(stack, "analytics.session_day"):
        stack.send("session_changed")  # platform is done before sessions have to wait
        assert wait_until(lambda: is_blocked(ours, "analytics.session_day"))
        (pid,) = stack.busy()
        psutil.Process(pid).kill()
        assert wait_until(lambda: stack.busy() not in ([], [pid])), "redelivered"
        assert versions(ours) == before
    assert wait_until(lambda: is_right(stack.settings))


def is_blocked(connection: Connection, table: str) -> bool:
    """Whether somebody waits for a lock on the table."""
    return bool(
        connection.execute(
            "SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass",
            [table],
        ).rowcount
    )


def test_the_audit_task_finds_and_mends_what_has_waited_longest(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    spoil(ours)
    ours.execute(
        "UPDATE control.audited SET audited_at = audited_at - interval '1 day'"
        " WHERE summary = 'payment_day'"
    )
    stack.send("audit")
    assert wait_until(stack.is_idle)
    assert audit(stack.settings, ["payment_day"], repair=False).wrong == 0
    assert audit(stack.settings, ["session_day"], repair=False).wrong == 3


def runs(connection: Connection) -> list[tuple[str, list[str]]]:
    """Reason and families of all that were finished, in turn."""
    return connection.execute(
        "SELECT reason, families FROM control.run WHERE finished_at IS NOT NULL"
        " ORDER BY finished_at"
    ).fetchall()


@pytest.mark.parametrize(
    ("step", "table"),
    [("session_day", "correction.session_day"), (None, "analytics.session_day")],
)
def test_a_worker_killed_in_a_rebuild_leaves_nothing_half_done_and_it_is_made_all_the_same(
    stack: WorkerAndBroker, ours: Connection, step: str | None, table: str
) -> None:
    before = versions(ours)
    change(ours)
    spoil(ours)
    with held_up(stack, table):
        run = request(stack.settings, {})
        assert wait_until(at_step(ours, run, step))
        assert wait_until(lambda: is_blocked(ours, table))
        (pid,), backends = stack.busy(), rebuilding(ours)
        psutil.Process(pid).kill()
        assert wait_until(lambda: not backends & rebuilding(ours)), "its lock goes with it"
        stack.send("rebuild", summaries=[])  # as beat does: it may be redelivered before
        assert wait_until(lambda: stack.busy() not in ([], [pid]))
        assert versions(ours) == before
        assert record(ours, run)["finished_at"] is None
    assert watch(stack.settings, run)["rows_changed"] == 5
    assert is_right(stack.settings)
    after = versions(ours)
    assert newer(before, after) == {
        "platform",
        "sessions",
        "revenue",
    }


def test_when_the_whole_worker_is_killed_the_next_tick_finishes_what_it_had_begun(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    spoil(ours)
    with held_up(stack, "correction.session_day"):
        run = request(stack.settings, {"metrics": ["sessions"]})
        assert wait_until(at_step(ours, run, "session_day"))
        main = stack.worker.process
        assert main
        family = [psutil.Process(main.pid), *psutil.Process(main.pid).children(recursive=True)]
        for process in family:
            process.kill()
        main.wait()
        assert are_gone(family)
        # also in the server nobody is left who would hold a lock or finish half of it
        assert wait_until(lambda: not rebuilding(ours))
    stack.start()
    assert record(ours, run)["finished_at"] is None
    stack.send("rebuild", summaries=[])
    assert watch(stack.settings, run)["rows_changed"] == 3
    stack.forget_messages()


def rebuilding(connection: Connection) -> set[int]:
    """The server's processes that rebuild or wait for another rebuild."""
    rows = connection.execute(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {pid for (pid,) in rows}


def test_the_worker_survives_its_broker_and_works_on(
    stack: WorkerAndBroker, ours: Connection
) -> None:
    assert stack.worker.process
    pid = stack.worker.process.pid
    spoil(ours)
    with held_up(stack, "analytics.session_day"):
        run = request(stack.settings, {"metrics": ["sessions"]})
        assert wait_until(at_step(ours, run, None))
        assert stack.redis.process
        stack.redis.process.send_signal(signal.SIGKILL)
        stack.redis.process.wait()
        assert not status.collect(stack.settings)["broker"]
        stack.redis.start()
    assert watch(stack.settings, run)["rows_changed"] > 0, "what it had in hand"
    assert wait_until(stack.works)
    spoil(ours)
    again = request(stack.settings, {"metrics": ["sessions"]})
    assert watch(stack.settings, again)["rows_changed"] > 0, "what came after"
    assert stack.worker.process.pid == pid
    assert stack.worker.process.poll() is None


@pytest.fixture
def noon(ours: Connection) -> Iterator[datetime]:
    """The database's clock, also for the connections that workers keep."""
    moment = datetime(2025, 6, 1, 12, tzinfo=UTC)
    at(ours, moment)
    hang_up(ours)
    yield moment
    ours.execute("ALTER DATABASE test_celery RESET analytics.now")
    hang_up(ours)


def hang_up(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.mark.usefixtures("noon")
def test_after_redis_is_wiped_the_next_ticks_bring_everything_once_though_two_beats_send_them(
    stack: WorkerAndBroker, ours: Connection, tmp_path: Path
) -> None:
    begun = datetime.now(UTC)
    change(ours)
    ours.execute("DELETE FROM control.run")
    ours.execute(
        """INSERT INTO control.run (id, asked, reason)"""
        """ VALUES ('x', '{"metrics": ["courses"]}', 'lost')"""
    )
    ours.execute("DELETE FROM control.audited")
    ours.execute("UPDATE analytics.freshness SET as_of = as_of - interval '1 day'")
    with Client.from_url(stack.redis.url()) as client:
        client.flushall()
    with beat(stack, tmp_path / "one"), beat(stack, tmp_path / "two"):
        assert wait_until(lambda: len(runs(ours)) == 2)
        assert wait_until(lambda: as_of(ours) > begun)
        assert wait_until(stack.is_idle)
    assert sorted(runs(ours)) == [("lost", ["courses"]), ("nightly", sorted(OWNING))]
    assert is_right(stack.settings)
    state = status.collect(stack.settings)
    assert datetime.now(UTC) - datetime.fromisoformat(state["last_beat"]) < timedelta(minutes=1)


def test_a_queue_that_nobody_takes_from_is_not_filled(
    stack: WorkerAndBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "LONGEST_QUEUE", 3)
    with broker(stack.settings) as (app, line):
        queue = f"nobody {uuid4().hex}"
        app.conf.task_default_queue = queue
        sent = 0
        while broker_module.has_room(app):
            app.send_task("workers.tasks.refresh", queue=queue, connection=line)
            sent += 1
        assert sent == 3
        line.default_channel.queue_purge(queue)


def test_what_is_due_is_told_by_a_clock_that_only_goes_forward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Celery(set_as_current=False)
    entry = Entry(name="x", task="x", schedule=5.0, app=app)
    assert entry.is_due().is_due, "at once"
    entry = next(entry)
    entry.last_run_at = datetime.now(UTC) + timedelta(days=1)
    due = entry.is_due()
    assert not due.is_due
    assert 0 < due.next <= 5
    later = time.monotonic() + 5
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert entry.is_due() == (True, 5.0)


def as_of(connection: Connection) -> datetime:
    """Of the oldest answer."""
    row = connection.execute("SELECT min(as_of) FROM analytics.freshness").fetchone()
    return row[0] if row else datetime.min.replace(tzinfo=UTC)


def test_status_names_the_machines_where_workers_are(stack: WorkerAndBroker) -> None:
    assert wait_until(lambda: status.collect(stack.settings)["workers"] == [gethostname()])
    assert status.collect(stack.settings)["broker"] is True
