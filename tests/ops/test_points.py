"""What is kept by the hour and minute is written on to real time-series databases, exactly once."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from ops.local.processes import free_port
from ops.status import collect
from shared.database import Connection
from shared.metrics import SERIES
from shared.settings import Settings
from tests.metrics import stored
from tests.support.mirror import WRITES
from tests.support.processes import wait_until
from workers.fold import fold
from workers.install import install_schemas
from workers.points import write_points

ROOT = Path(__file__).parents[2]
NOTHING = "http://127.0.0.1:1/write?db=mentorhub"

Points = dict[tuple[Any, ...], tuple[float, ...]]


@contextmanager
def running(
    command: list[str], port: int, path: str, environment: dict[str, str] | None = None
) -> Generator[str]:
    """The address of a database that answers at the path."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: answers(address + path))
        yield address
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    with suppress(OSError):
        said(url)
        return True
    return False


def installed(program: str, package: str) -> str:
    found = shutil.which(program)
    assert found, f"{program} is missing: apt-get install --no-install-recommends {package}"
    return found


def said(url: str, data: bytes | None = None) -> str:
    with urlopen(url, data, timeout=10) as answer:  # noqa: S310 - of a database of ours
        return answer.read().decode()


@pytest.fixture
def change(ours: Connection) -> Callable[[], object]:
    """Writes something into the mirror."""
    chance = random.Random(1)  # noqa: S311

    def write() -> None:
        row = {"id": 100 + chance.randrange(40), "user": chance.randrange(1, 15)}
        ours.execute(chance.choice(WRITES).encode(), row)

    return write


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("influx"), free_port()
    told = {
        "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}",
        "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
        "INFLUXDB_META_DIR": f"{folder}/meta",
        "INFLUXDB_DATA_DIR": f"{folder}/data",
        "INFLUXDB_DATA_WAL_DIR": f"{folder}/wal",
        "INFLUXDB_REPORTING_DISABLED": "true",
        "INFLUXDB_MONITOR_STORE_ENABLED": "false",
    }
    with running([installed("influxd", "influxdb"), "run"], port, "/ping", told) as address:
        yield address


@pytest.fixture
def measured(influx: str) -> Callable[[str], list[dict[str, Any]]]:
    """Rows of a query; the database is empty."""

    def ask(query: str) -> list[dict[str, Any]]:
        asked = urlencode({"q": query, "db": "mentorhub"}).encode()
        series = json.loads(said(f"{influx}/query", asked))["results"][0].get("series", [])
        return [
            dict(zip(each["columns"], row, strict=True))
            for each in series
            for row in each["values"]
        ]

    ask('DROP DATABASE "mentorhub"')
    ask('CREATE DATABASE "mentorhub"')
    return ask


@pytest.fixture
def written(influx: str, settings: Settings) -> Settings:
    return replace(settings, line_protocol_url=f"{influx}/write?db=mentorhub")


def there(measured: Callable[[str], list[dict[str, Any]]], name: str) -> Points:
    """What the database holds of one of SERIES, without zeros."""
    metric = SERIES[name]
    others = [key for key in metric.keys if key != metric.grain]
    found = {
        (
            datetime.fromisoformat(row["time"]),
            *(row.get(key) or "" for key in others),
        ): tuple(float(row[measure]) for measure in metric.measures)
        for row in measured(f'SELECT * FROM "{name}"')  # noqa: S608 - of our names
    }
    return {key: numbers for key, numbers in found.items() if any(numbers)}


def count(ours: Connection) -> int:
    row = ours.execute("SELECT count(*) FROM control.point").fetchone()
    return row[0] if row else -1


def test_it_holds_what_is_stored_and_zero_where_that_is_gone(
    ours: Connection,
    worker: Connection,
    written: Settings,
    measured: Callable[[str], list[dict[str, Any]]],
    change: Callable[[], object],
) -> None:
    for _ in range(12):
        for _ in range(20):
            change()
        fold(worker)
        write_points(written)
        for name in SERIES:
            assert there(measured, name) == stored(ours, name), name
    ours.execute("DELETE FROM public.sessions")
    fold(worker)
    assert write_points(written) > 0
    assert there(measured, "session_day_hour") == {}
    assert measured("SELECT * FROM session_day_hour") != [], "zeros say that it is gone"
    assert write_points(written) == count(ours) == 0


LOOP = """
from shared.settings import load
from workers import points
points.AT_ONCE = 3
settings = load()
print(points.write_points(settings), flush=True)
while True:
    points.write_points(settings)
"""


def test_a_writer_that_is_killed_again_and_again_loses_and_doubles_nothing(
    ours: Connection,
    worker: Connection,
    written: Settings,
    change: Callable[[], object],
    measured: Callable[[str], list[dict[str, Any]]],
) -> None:
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), **written.environment()}
    for turn in range(6):
        command = [sys.executable, "-c", LOOP]
        writer = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        for _ in range(1 + turn):
            for _ in range(10):
                change()
            fold(worker)
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert wait_until(lambda: write_points(written) >= 0 and count(ours) == 0)
    for name in SERIES:
        assert there(measured, name) == stored(ours, name), name


def test_no_text_begins_another_tag_or_line(
    ours: Connection,
    worker: Connection,
    written: Settings,
    measured: Callable[[str], list[dict[str, Any]]],
) -> None:
    texts = ["a,b=c d", "a\nsession_day_hour sessions=9", "back\\", "100%", "", 'quo"te']
    for number, text in enumerate(texts):
        ours.execute(
            "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status,"
            " created_at) VALUES (%s, 1, 1, 30, %s, now())",
            [number, text],
        )
    fold(worker)
    write_points(written)
    told = {row.get("status") or "" for row in measured("SELECT * FROM session_day_minute")}
    assert told == {"a,b=c d", "a%0Asession_day_hour sessions=9", "back%5C", "100%25", "", 'quo"te'}


def test_times_that_it_does_not_know_hold_nobody_up(
    ours: Connection,
    worker: Connection,
    written: Settings,
    measured: Callable[[str], list[dict[str, Any]]],
) -> None:
    for number, moment in enumerate(("9999-12-30", "2262-04-12", str(datetime.now(UTC)))):
        ours.execute(
            "INSERT INTO public.users (id, username, role, is_active, created_at)"
            " VALUES (%s, %s, 'STUDENT', true, %s)",
            [number, f"user{number}", moment],
        )
    fold(worker)
    write_points(written)
    assert len(there(measured, "user_day_minute")) == 1
    assert count(ours) == 0


def test_what_it_does_not_take_waits_for_it(
    ours: Connection,
    worker: Connection,
    written: Settings,
    measured: Callable[[str], list[dict[str, Any]]],
    change: Callable[[], object],
) -> None:
    change()
    fold(worker)
    assert count(ours) == 0, "without the setting nothing is noted"
    assert write_points(replace(written, line_protocol_url=NOTHING)) == 0
    assert count(ours) == 0, "nothing is noted for a database that is not there"
    write_points(written)
    for _ in range(30):
        change()
    fold(worker)
    waiting = count(ours)
    assert waiting > 0
    measured('DROP DATABASE "mentorhub"')
    assert write_points(written) == 0
    assert count(ours) == waiting
    measured('CREATE DATABASE "mentorhub"')
    assert write_points(written) > 0
    assert (
        there(measured, "session_day_minute").items() <= stored(ours, "session_day_minute").items()
    )


def test_one_that_takes_nothing_is_named_until_it_does_or_nobody_wants_it_to(
    ours: Connection, written: Settings, settings: Settings
) -> None:
    for mended in (written, settings):
        # to whom nothing was ever written, too
        write_points(replace(written, line_protocol_url=NOTHING))
        ours.execute("UPDATE control.point_trouble SET since = since - interval '6 min'")
        (told,) = (each for each in collect(written)["problems"] if each["name"] == "Series")
        assert (told["alarm"], told["level"]) == ("points_refused", "warning")
        write_points(mended)
        assert "points_refused" not in {each["alarm"] for each in collect(written)["problems"]}


def test_another_database_and_a_new_version_are_written_everything(
    ours: Connection,
    worker: Connection,
    written: Settings,
    measured: Callable[[str], list[dict[str, Any]]],
    change: Callable[[], object],
) -> None:
    for _ in range(50):
        change()
    fold(worker)
    write_points(written)
    for again in ("another database", "a new version"):
        measured('DROP DATABASE "mentorhub"')
        measured('CREATE DATABASE "mentorhub"')
        if again == "a new version":
            ours.execute("UPDATE control.installation SET definitions = 'older'")
            install_schemas(ours, written, datetime.now(UTC))
        else:
            written = replace(written, line_protocol_url=f"{written.line_protocol_url}&u=x")
        write_points(written)
        for name in SERIES:
            assert there(measured, name) == stored(ours, name), (again, name)


def test_without_the_setting_nothing_is_noted_any_more(
    ours: Connection,
    worker: Connection,
    written: Settings,
    settings: Settings,
    change: Callable[[], object],
) -> None:
    write_points(written)
    change()
    write_points(settings)
    for _ in range(20):
        change()
    fold(worker)
    assert count(ours) == 0


def test_victoria_metrics_takes_them_too(
    ours: Connection, worker: Connection, settings: Settings, tmp_path: Path
) -> None:
    port = free_port()
    command = [
        installed("victoria-metrics", "victoria-metrics"),
        f"-storageDataPath={tmp_path}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=10y",
    ]
    with running(command, port, "/health") as address:
        written = replace(settings, line_protocol_url=f"{address}/write")
        for number in range(9):
            ours.execute(
                "INSERT INTO public.users (id, username, role, is_active, created_at)"
                " VALUES (%s, %s, 'STUDENT', true, now() - make_interval(mins => %s))",
                [number, f"user{number}", number // 3],
            )
            fold(worker)
            write_points(written)
        expected = {at: n for (at,), (n,) in stored(ours, "user_day_minute").items()}
        assert wait_until(lambda: greatest(address) == expected)


def greatest(address: str) -> dict[datetime, float]:
    """It keeps every number that it was told: of what only grows, the greatest is the last."""
    query = urlencode({"match[]": "user_day_minute_new_users"})
    lines = map(json.loads, said(f"{address}/api/v1/export?{query}").splitlines())
    found: dict[datetime, float] = {}
    for line in lines:
        for at, value in zip(line["timestamps"], line["values"], strict=True):
            moment = datetime.fromtimestamp(at / 1000, UTC)
            found[moment] = max(value, found.get(moment, 0))
    return found
