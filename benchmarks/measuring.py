"""What all benchmarks share: results, clocks, a server of their own."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import psutil

from ops.local.embedded import Postgres
from shared.database import connect, run
from shared.settings import Settings, load
from workers.install import install_schemas
from workers.mirrored import creation

Result = dict[str, Any]
"""One figure: name, value, unit, goal (None where there is none), ok."""


def result(name: str, value: float, unit: str, goal: float | None = None) -> Result:
    """`goal`: the most that the value may be."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "goal": f"<= {goal:g}" if goal is not None else None,
        "ok": value <= goal if goal is not None else None,
    }


def at_least(name: str, value: float, unit: str, goal: float) -> Result:
    """The same for a value that may not be less than its goal."""
    return result(name, value, unit) | {"goal": f">= {goal:g}", "ok": value >= goal}


def seconds(action: Callable[[], object]) -> float:
    """How long it takes, by the wall clock."""
    started = perf_counter()
    action()
    return perf_counter() - started


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values, the one that this share of them does not exceed."""
    return values[min(len(values) - 1, int(len(values) * share))]


@contextmanager
def pinned(cores: Iterable[int]) -> Generator[None]:
    """Let the process, and those that it starts, run on these cores only."""
    process = psutil.Process()
    before = process.cpu_affinity()
    process.cpu_affinity(list(cores))
    yield
    process.cpu_affinity(before)


def other_cores(core: int) -> set[int]:
    return {each for each in range(psutil.cpu_count() or 1) if each != core} or {core}


@contextmanager
def fresh_databases() -> Generator[Settings]:
    """Two empty databases in a server of their own; nothing is left of it."""
    with TemporaryDirectory(prefix="analytics-bench-") as folder:
        Path(folder).chmod(0o755)
        with Postgres(Path(folder) / "postgres") as server:
            with connect(server.url()) as connection:
                connection.execute("CREATE DATABASE mentorhub")
                connection.execute("CREATE DATABASE analytics")
            yield replace(
                load(Path(folder)),
                source_database_url=server.url("mentorhub"),
                analytics_database_url=server.url("analytics"),
            )


@contextmanager
def empty() -> Generator[Settings]:
    """A calculated database without a row, and without a MentorHub."""
    with fresh_databases() as fresh:
        settings = replace(fresh, source_database_url=None)
        with connect(settings.analytics_url()) as connection:
            connection.execute(creation().encode())
            install_schemas(connection, settings, datetime.now(UTC))
        yield settings


@contextmanager
def filled(sessions: int) -> Generator[Settings]:
    """A calculated database with so many sessions, without a MentorHub; user 1 is an admin."""
    with fresh_databases() as fresh:
        settings = replace(fresh, source_database_url=None)
        with connect(settings.analytics_url()) as connection:
            connection.execute(creation().encode())
            connection.execute(
                "SELECT set_config('benchmark.sessions', %s, false)", [str(sessions)]
            )
            run(connection, "benchmark/fill")
            install_schemas(connection, settings, datetime.now(UTC))
        with connect(settings.analytics_url()) as connection:
            connection.execute("VACUUM")
        yield settings
