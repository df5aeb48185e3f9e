"""Wherever it is installed, whatever sessions inherit there: every answer equals a recount."""

import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings

from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support import dashboard
from tests.support.installations import (
    INHERITED,
    INSTALLATIONS,
    OPTIONAL,
    OTHER_BINARIES,
    ZONES,
    Database,
    Installation,
    fits,
    installed,
    russian,
)
from tests.support.mentorhub import QUICK
from tests.support.mirror import at, turn_into
from tests.support.oracle import Oracle, Rows
from tests.support.worlds import ADMIN, ADMIN_ROW, World, worlds
from workers import mirror
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install
from workers.mirror_audit import audit_mirror

DRAWN = int(os.environ.get("INSTALLATIONS", "6"))
"""So many installations; a few in everyday tests."""

NO_OTHER = f"{OTHER_BINARIES} is not there: no second version of PostgreSQL is drawn."


EVERYTHING = {name: values[0] for name, values in INHERITED.items()}
UNKNOWN_LETTERS = Database(
    is_other_server=False,
    encoding="WIN1251",
    locale=0,
    inherited={"client_encoding": "LATIN1"},
    is_by_role=False,
)
"""No server turns one into the other: a session that asks for it is refused."""


def strangest(*, is_other_server: bool) -> Database:
    """Whose sessions inherit something of everything."""
    return Database(is_other_server, "UTF8", 0, EVERYTHING, is_by_role=False)


STRANGEST = [strangest(is_other_server=is_other) for is_other in (False, True)]


@pytest.fixture(scope="module")
def servers(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[bool, Postgres]]:
    """By whether it is the other one; without a second PostgreSQL they are the same."""
    if not OTHER_BINARIES.is_dir():
        warnings.warn(pytest.PytestWarning(NO_OTHER), stacklevel=1)
        yield {False: postgres, True: postgres}
        return
    folder = tmp_path_factory.mktemp("other") / "data"
    with (
        russian(OTHER_BINARIES) as binaries,
        Postgres(folder, binaries=binaries, settings=QUICK) as other,
    ):
        yield {False: postgres, True: other}


@pytest.mark.filterwarnings(f"default:{OTHER_BINARIES}")
@pytest.mark.timeout(0 if "INSTALLATIONS" in os.environ else 600)
@hypothesis_settings(
    max_examples=DRAWN,
    suppress_health_check=list(HealthCheck),
    # to shrink would take hundreds of installations
    phases=(Phase.explicit, Phase.generate),
)
@given(installation=INSTALLATIONS, world=worlds(ZONES))
def test_every_answer_equals_a_recount_wherever_it_is_installed(
    servers: dict[bool, Postgres], installation: Installation, world: World
) -> None:
    _play(servers, installation, world)


@pytest.mark.filterwarnings(f"default:{OTHER_BINARIES}")
@hypothesis_settings(
    max_examples=1,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)
@given(world=worlds(ZONES))
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [*((strange, strange) for strange in STRANGEST), (UNKNOWN_LETTERS, STRANGEST[0])],
)
def test_nothing_that_sessions_inherit_has_an_effect(
    servers: dict[bool, Postgres], world: World, theirs: Database, ours: Database
) -> None:
    _play(servers, Installation(theirs, ours), world)


def lacking(installation: Installation) -> set[tuple[str, str]]:
    """Of a table that is missing, all."""
    gone = {table for table, column in installation.lacks if column == "id"}
    return installation.lacks | {(table, column) for table, column in OPTIONAL if table in gone}


def _play(servers: dict[bool, Postgres], installation: Installation, world: World) -> None:
    encoding = installation.theirs.encoding
    rows, next_rows = (
        {table: [fits(row, encoding) for row in entries] for table, entries in drawn.items()}
        for drawn in (world.rows, world.next_rows)
    )
    for each in (rows, next_rows):
        each["users"].append(ADMIN_ROW)
    with installed(installation, servers, "text") as found:
        settings = replace(
            found,
            timezone=world.timezone,
            currency=world.currency,
            minor_units=world.minor_units,
        )
        _write(settings, rows)
        _set_clock(settings, world.now)
        install(settings)
        _check(settings, world, rows, world.now)
        _write(settings, next_rows)
        with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as source:
            mirror.wait_until_caught_up(ours, source)
        _set_clock(settings, world.later)
        with worker_connection(settings) as worker:
            fold(worker)
            assert audit_mirror(worker, everything=True, repair=False) == []
            query = "SELECT mirrored, name FROM analytics.missing_column"
            assert set(worker.execute(query).fetchall()) == lacking(installation)
        _check(settings, world, next_rows, world.later)
        assert audit(settings, repair=False) == (0, [])


def _write(settings: Settings, rows: Rows) -> None:
    with connect(settings.source_url()) as source:
        turn_into(source, rows)


def _set_clock(settings: Settings, now: datetime) -> None:
    with connect(settings.analytics_url()) as ours:
        at(ours, now)


def _check(settings: Settings, world: World, rows: Rows, now: datetime) -> None:
    with dashboard.asking(settings, ADMIN) as client:
        dashboard.check(
            client,
            Oracle(rows, now, settings.timezone, settings.currency, settings.minor_units),
            windows=world.windows,
            users=(1, 2, 3, 4, ADMIN, ADMIN + 1),
            courses=(1, 2, 3, 4),
            currencies=("USD", "XXX"),
        )
