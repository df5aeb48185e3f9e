"""Exactly once, whatever is killed: a backend, a worker, the whole PostgreSQL, at any moment."""

import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from time import sleep

import psutil
import psycopg
import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ServerUnavailableError
from shared.registry import STEPS
from shared.settings import Settings
from tests.support import dashboard
from tests.support.databases import DEFAULTS, database
from tests.support.hand import MENTORHUB, NOW, Claims, Hand
from tests.support.history import TABLES, Stage
from tests.support.mirror import at
from tests.support.oracle import Oracle
from tests.support.processes import are_gone, wait_until
from tests.support.stage import fold_once, held, prepared, waiting
from workers.definitions import MIRRORED
from workers.fold import fold
from workers.install import install_schemas
from workers.mirrored import creation
from workers.rebuild import rebuild

KILLS = int(os.environ.get("KILLS", "50"))
"""About so many in all."""

CHANCE = random.Random()  # noqa: S311 - when to kill is no secret

FOLD_STANDS_AT = [
    *(("analytics", step) for step in TABLES),
    *(("correction", step) for step, family in STEPS.items() if step in family.summaries),
    ("control", "repair"),
    ("analytics", "freshness"),
    *(("capture", table) for table in MIRRORED),
]
"""What a fold writes to, in this order: who holds it keeps the fold at that statement."""

REBUILD_STANDS_AT = [*(("drift", step) for step in TABLES), ("control", "run")]
"""What a rebuild, beyond its fold, has to read or write."""


@pytest.fixture
def stage(postgres: Postgres, analytics_template: str) -> Iterator[Stage]:
    with database(postgres, "test_kills", analytics_template) as url, prepared(url) as stage:
        yield stage


def check(stage: Stage, hand: Hand, claims: Claims) -> None:
    """While the hand rests: nothing lost, nothing doubled, in any row and in any answer.

    What answers said before is what was there as of when they said.
    """
    assert claims.untrue() == []
    assert stage.drift(STEPS) == {}
    fold(stage.worker)
    assert stage.drift(STEPS) == {}
    dashboard.check(
        stage.admin,
        Oracle(hand.rows(), NOW, "UTC", "RUB", "100"),
        windows=(1, 2, 30, 365),
        users=(1, 2, 3, 4),
        courses=(1, 2, 3, 4),
        currencies=("USD",),
    )


def kill_backends(stage: Stage, pids: list[int]) -> None:
    for pid in pids:
        stage.ours.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def end_of(work: "Future[int]") -> str:
    """How it came out."""
    return type(work.exception(60)).__name__


def killed_where_it_stands(
    stage: Stage, pool: ThreadPoolExecutor, work: Callable[[], int], at_table: tuple[str, str]
) -> bool:
    schema, name = at_table
    mode = "ACCESS EXCLUSIVE" if schema == "drift" else "SHARE"
    where = ("analytics", name) if schema == "drift" else at_table
    with held(stage, *where, mode) as holder:
        working = pool.submit(work)
        wait_until(lambda: working.done() or bool(waiting(stage, holder)))
        stood = not working.done()
        kill_backends(stage, waiting(stage, holder))
    assert end_of(working) in ({"AdminShutdown", "OperationalError"} if stood else {"NoneType"})
    return stood


@pytest.mark.parametrize(
    ("work", "places"),
    [(fold_once, FOLD_STANDS_AT), (rebuild, REBUILD_STANDS_AT)],
    ids=["fold", "rebuild"],
)
def test_a_backend_killed_at_any_statement_leaves_all_or_nothing(
    stage: Stage, work: Callable[[Settings], int], places: list[tuple[str, str]]
) -> None:
    with Hand(stage.settings.analytics_url()) as hand, ThreadPoolExecutor(1) as pool:
        fold_once(stage.settings)
        claims = Claims(hand)
        for place in places:

            def stood(place: tuple[str, str] = place) -> bool:
                """What was written in between may be nothing that concerns this place."""
                written = hand.transactions
                assert wait_until(lambda: hand.transactions > written + 2)
                return killed_where_it_stands(stage, pool, lambda: work(stage.settings), place)

            assert wait_until(stood), place
            assert stage.drift(STEPS) == {}, place
            claims.hear(stage.admin)
    check(stage, hand, claims)


def test_a_backend_killed_at_any_moment_leaves_all_or_nothing(stage: Stage) -> None:
    with Hand(stage.settings.analytics_url()) as hand, ThreadPoolExecutor(1) as pool:
        fold_once(stage.settings)
        claims = Claims(hand)
        for _ in range(KILLS * 2 // 5):
            working = pool.submit(CHANCE.choice([fold_once, rebuild]), stage.settings)
            sleep(CHANCE.uniform(0, 0.15))
            kill_backends(stage, workers(stage))
            assert end_of(working) in {
                "NoneType",
                "AdminShutdown",
                "OperationalError",
                "ServerUnavailableError",
            }
            claims.hear(stage.admin)
        assert stage.drift(STEPS) == {}
    check(stage, hand, claims)


def workers(stage: Stage) -> list[int]:
    """Backends that are in a transaction of ours."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND xact_start IS NOT NULL AND application_name <> %s AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    return [pid for (pid,) in stage.ours.execute(query, [MENTORHUB])]


def work_for_ever(settings: Settings) -> None:
    """What a worker's process does, to be killed."""
    for work in cycle([fold_once, fold_once, rebuild]):
        work(settings)


def test_a_process_killed_at_any_moment_leaves_all_or_nothing(stage: Stage) -> None:
    with Hand(stage.settings.analytics_url()) as hand:
        fold_once(stage.settings)
        claims = Claims(hand)
        for _ in range(KILLS * 3 // 10):
            kill_process(stage.settings, CHANCE.uniform(0.05, 0.4))
            claims.hear(stage.admin)
        assert stage.drift(STEPS) == {}
    assert wait_until(lambda: workers(stage) == []), "nobody is left to hold a lock"
    check(stage, hand, claims)


def kill_process(settings: Settings, delay: float) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.test_kills"])
    process = context.Process(target=work_for_ever, args=[settings], daemon=True)
    process.start()
    sleep(delay)
    assert process.is_alive()
    process.kill()
    process.join()


def test_a_server_killed_at_any_moment_comes_back_with_all_or_nothing(tmp_path: Path) -> None:
    """Without fsync, as the machine itself stays alive; commits are waited for."""
    with Postgres(tmp_path / "data", settings={"fsync": "off"}) as server:
        url = installed(server)
        settings = replace(DEFAULTS, analytics_database_url=url)
        with Hand(url) as hand, ThreadPoolExecutor(1) as pool:
            fold_once(settings)
            claims = Claims(hand)
            for _ in range(max(KILLS // 15, 1)):
                working = pool.submit(work_until_it_dies, settings)
                sleep(CHANCE.uniform(0.3, 1))
                kill_server(server)
                working.result()
                server.start()
                with prepared(url) as stage:
                    assert stage.drift(STEPS) == {}
                    claims.hear(stage.admin)
        with prepared(url) as stage:
            check(stage, hand, claims)


def installed(server: Postgres) -> str:
    server.create_database("kills")
    url = server.url("kills")
    with connect(url) as connection:
        connection.execute(creation().encode())
        settings = replace(DEFAULTS, analytics_database_url=url)
        install_schemas(connection, settings, datetime.now(UTC))
        at(connection, NOW)
    return url


def work_until_it_dies(settings: Settings) -> None:
    with pytest.raises((psycopg.OperationalError, ServerUnavailableError)):
        work_for_ever(settings)


def kill_server(server: Postgres) -> None:
    assert server.process
    main = psutil.Process(server.process.pid)
    family = [main, *main.children(recursive=True)]
    for process in family:
        process.kill()
    server.process.wait()
    assert are_gone(family)
