"""Our server's disk is full: `analytics status` says so, and all goes on when there is room."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ops import waiting
from ops.local import lives
from ops.local.embedded import Postgres
from ops.local.home import Home
from ops.status import DatabaseAwayError, collect, questions
from shared.database import Connection
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.mentorhub import QUICK, ROWS, is_mirrored, look_until_proven, pair, tell
from tests.support.processes import wait_until
from workers.install import install

MEGABYTES = 300

NO_BROKER = "redis://127.0.0.1:1/0"
"""Nobody answers there, which is the quickest."""

MORE = (
    "INSERT INTO courses (instructor_id, title)"
    " SELECT 1, repeat('SQL', 80) FROM generate_series(1, 5000)"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own; to mount it takes root."""
    tmp_path.chmod(0o755)  # a server of root's runs as somebody else
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={MEGABYTES}m,mode=755"
    mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["/usr/bin/umount", "--lazy", folder], check=True)


@pytest.fixture
def ours(disk: Path) -> Iterator[Postgres]:
    with Postgres(disk / "ours", settings=QUICK | {"max_wal_size": "64MB"}) as server:
        yield server


@pytest.fixture
def settings(postgres: Postgres, ours: Postgres) -> Iterator[Settings]:
    with pair(postgres, ours) as settings:
        tell(settings.source_url(), *ROWS)
        install(settings)
        yield replace(settings, redis_url=NO_BROKER)


def fill(disk: Path) -> Path:
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    with filling.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(os.statvfs(disk).f_bsize))
    return filling


def names_the_disk(settings: Settings) -> bool:
    """Whether `status` does: where the server still lets us in, and where it can't even do that."""
    try:
        said = collect(settings)["verdict"]["what"]
    except DatabaseAwayError as away:
        said = str(away)
    return "disk is full (could not " in said or "No space left on device" in said


def test_status_names_a_full_disk_while_replication_cannot_write(
    settings: Settings, disk: Path
) -> None:
    assert not names_the_disk(settings)
    filling = fill(disk)
    tell(settings.source_url(), MORE)
    assert wait_until(lambda: names_the_disk(settings))
    filling.unlink()
    assert wait_until(lambda: not names_the_disk(settings))
    assert look_until_proven(settings)
    assert is_mirrored(settings)


def test_a_server_that_takes_nobody_for_lack_of_room_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one does whose relcache has to be written again: found by faults at random."""

    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("FATAL:  could not write init file: No space left on device")

    monkeypatch.setattr("shared.database._Impatient.connect", refuse)
    with pytest.raises(DatabaseAwayError) as away:
        collect(replace(DEFAULTS, analytics_database_url="postgresql:///x", redis_url=NO_BROKER))
    assert "The analytics server's disk is full: make room there." in [
        line.text for line in away.value.lines
    ]


def test_a_server_that_ends_while_it_is_asked_is_told_of_by_what_it_said_before(
    ours: Postgres, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(DEFAULTS, analytics_database_url=ours.url(), redis_url=NO_BROKER)

    def end(connection: Connection) -> list[str]:
        backend = Path(f"/proc/{connection.info.backend_pid}")
        kill(ours)
        assert wait_until(lambda: not backend.exists()), "it may answer once more"
        return waiting.blockers(connection)

    monkeypatch.setitem(questions.QUESTIONS, "blockers", end)
    filling = fill(disk)
    with pytest.raises(DatabaseAwayError) as away:
        collect(settings)
    filling.unlink()
    assert any("disk is full (could not " in line.text for line in away.value.lines)
    assert "disk is full" in str(away.value.known["problems"])
    ours.start()


def test_the_disk_of_a_server_that_ended_here_is_looked_at(
    ours: Postgres, disk: Path, tmp_path: Path
) -> None:
    """That of the home, or where another server was when `up` began."""
    (disk / "postgres").mkdir()
    beside, noted = Home(tmp_path / "home"), lives.data_folder(ours.url())
    kill(ours)
    settings = replace(DEFAULTS, analytics_database_url=ours.url(), redis_url=NO_BROKER)
    with beside.locked():
        beside.publish({"api_url": "http://127.0.0.1:1", "data_folder": noted})
        for home, folder in ((disk, disk), (beside.folder, disk / "ours")):
            at_home = replace(settings, home=home)
            with pytest.raises(DatabaseAwayError) as away:
                collect(at_home)
            assert "disk" not in str(away.value).partition("PostgreSQL")[0]
            filling = fill(disk)
            with pytest.raises(DatabaseAwayError, match=f"^The disk of {folder} is full. Can't co"):
                collect(at_home)
            filling.unlink()
    ours.start()


def kill(server: Postgres) -> None:
    assert server.process
    server.process.kill()
    server.process.wait()
