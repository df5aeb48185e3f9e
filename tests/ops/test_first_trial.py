"""Somebody's own MentorHub on Debian's PostgreSQL 15, with what README says and nothing else."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Any

import psycopg
import pytest

from ops import demo
from ops.local import embedded
from ops.local.embedded import Postgres, wheel_binaries
from shared import sqlfiles
from shared.database import connect
from tests.support.installations import OTHER_BINARIES
from tests.support.mentorhub import QUICK, tell
from tests.support.processes import wait_until

ROOT = sqlfiles.ROOT.parent
SECTION = re.findall(r"(?ms)^## On your own MentorHub$.*?^## ", (ROOT / "README.md").read_text())[0]
TRIAL, END = re.findall(r"(?ms)^```bash\n(.*?)^```", SECTION)
PASSWORD = "known-to-nobody"  # noqa: S105


@dataclass
class MentorHub:
    postgres: Postgres
    address: str
    folder: Path

    def type(self, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Into a shell in the clone; psql asks for a password where there is no terminal."""
        paths = (str(wheel_binaries()), str(Path(sys.executable).parent), os.defpath)
        return subprocess.run(
            ["sh", "-c", line.replace(".venv/bin/", f"{Path(sys.executable).parent}/")],  # noqa: S607
            input=f"{PASSWORD}\n{PASSWORD}\n",
            cwd=self.folder,
            env={
                "PATH": ":".join(paths),
                "SUPERUSER": self.postgres.url("mentorhub"),
                "ANALYTICS_HOME": str(self.folder / "home"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    @property
    def source(self) -> str:
        return f"postgresql://mentorhub_analytics:{PASSWORD}@{self.address}/mentorhub"

    def doctor(self, source: str | None = None) -> dict[str, Any]:
        done = self.type("analytics doctor --json", SOURCE_DATABASE_URL=source or self.source)
        found = json.loads(done.stdout)
        assert done.returncode == (0 if found["fine"] else 1), done.stderr
        return found


@pytest.fixture
def mentorhub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MentorHub]:
    """As PostgreSQL comes, with its rules for who may connect; `wal_level` is its default."""
    if not OTHER_BINARIES.exists():
        pytest.skip(f"no PostgreSQL in {OTHER_BINARIES}")
    address = f"127.{randrange(1, 255)}.{randrange(255)}.{randrange(1, 255)}"  # noqa: S311
    settings = {**QUICK, "listen_addresses": address}
    monkeypatch.setattr(embedded, "_SETTINGS", {})
    rules = tmp_path / "theirs" / "pg_hba.conf"
    with Postgres(tmp_path / "theirs", binaries=OTHER_BINARIES, settings=settings) as postgres:
        rules.write_text("local all postgres trust\nhost all all 127.0.0.0/8 scram-sha-256\n")
        tell(postgres.url(), "SELECT pg_reload_conf()")
        postgres.create_database("mentorhub")
        demo.fill(postgres.url("mentorhub"), users=20, seed=1)
        yield MentorHub(postgres, address, tmp_path)


def missing(found: dict[str, Any]) -> dict[str, str]:
    return {
        finding["subject"]: finding["remedy"]
        for finding in found["findings"]
        if finding["needed"] and not finding["fine"]
    }


@contextmanager
def up(mentorhub: MentorHub, **environment: str) -> Iterator[str]:
    """What it says until it runs."""
    output = mentorhub.folder / "up.out"
    with output.open("wb") as said:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("analytics"), "up", "--port", "0"],
            cwd=mentorhub.folder,
            env={
                "PATH": os.defpath,
                "ANALYTICS_HOME": str(mentorhub.folder / "home"),
                "SOURCE_DATABASE_URL": mentorhub.source,
                **environment,
            },
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        assert wait_until(
            lambda: "Data and logs" in output.read_text() or process.poll() is not None, 90
        )
        assert process.poll() is None, output.read_text()
        yield output.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(30) == 0, output.read_text()


def total_users(said: str) -> int:
    command = re.search(r"Bearer (\S+)' (http\S+)", said)
    assert command
    request = urllib.request.Request(  # noqa: S310
        command[2], headers={"Authorization": f"Bearer {command[1]}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)["users"]["total"]


def test_the_readme_as_it_stands_runs_analytics_beside_a_mentorhub_of_ones_own(
    mentorhub: MentorHub,
) -> None:
    print_sql, password, export, doctor, start = TRIAL.splitlines()
    assert export.endswith("postgresql://mentorhub_analytics:PASSWORD@HOST/mentorhub")
    assert doctor.split()[:2] == [".venv/bin/analytics", "doctor"]
    assert start == ".venv/bin/analytics up"
    before = mentorhub.doctor()
    assert "database" in missing(before), "there is no such role yet"

    for line in (print_sql, password):
        done = mentorhub.type(line)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr
    remedies = missing(mentorhub.doctor())
    assert set(remedies) == {"wal_level"}
    statement, _, also = remedies["wal_level"].partition(", and ")
    assert also == "restart the server"
    tell(mentorhub.postgres.url(), statement)
    mentorhub.postgres.start()
    told = mentorhub.doctor()
    assert missing(told) == {}
    assert [each["subject"] for each in told["findings"] if not each["fine"]] == ["JWT_SECRET_KEY"]

    with up(mentorhub) as said:
        assert total_users(said) == 20
        assert "Learner token" not in said, "of real people nobody is impersonated but an admin"
        tell(
            mentorhub.postgres.url("mentorhub"),
            "INSERT INTO users (id, username, email, hashed_password, is_verified)"
            " VALUES (1000, 'one more', 'one@more', '', true)",
        )
        assert wait_until(lambda: total_users(said) == 21)
    with connect(mentorhub.postgres.url("mentorhub")) as theirs:
        schemas = theirs.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'")
        assert {name for (name,) in schemas} == {"public", "information_schema"}

    with up(mentorhub, JWT_SECRET_KEY="k" * 32) as said:
        assert "token" not in said.lower(), "it would be good at MentorHub, too"

    done = mentorhub.type(END.strip())
    assert done.returncode == 0, done.stderr


def test_the_doctor_names_each_thing_that_is_missing_and_what_it_prints_mends_it(
    mentorhub: MentorHub,
) -> None:
    server, database = mentorhub.postgres.url(), mentorhub.postgres.url("mentorhub")
    tell(server, "ALTER SYSTEM SET wal_level = logical", "ALTER SYSTEM SET max_wal_senders = 1")
    tell(server, "ALTER SYSTEM SET max_replication_slots = 1")
    mentorhub.postgres.start()
    mentorhub.type(TRIAL.splitlines()[0])
    tell(server, f"ALTER ROLE mentorhub_analytics PASSWORD '{PASSWORD}'")
    assert mentorhub.doctor()["fine"]

    def typed(spoil: str, subject: str, where: str = database) -> str:
        tell(where, spoil)
        remedy = missing(mentorhub.doctor()).pop(subject)
        if remedy.startswith("analytics "):
            assert mentorhub.type(remedy).returncode == 0
        else:
            statement, _, restart = remedy.partition(", and restart")
            tell(where, statement)
            if restart:
                mentorhub.postgres.start()
        assert subject not in missing(mentorhub.doctor())
        return remedy

    assert "REPLICATION" in typed("ALTER ROLE mentorhub_analytics NOREPLICATION", "role")
    assert "--print-source-sql" in typed("DROP PUBLICATION mentorhub_analytics", "publication")
    assert "GRANT SELECT" in typed(
        "REVOKE SELECT (rating) ON reviews FROM mentorhub_analytics", "tables"
    )
    assert "BYPASSRLS" in typed("ALTER TABLE payments ENABLE ROW LEVEL SECURITY", "tables")
    assert "REPLICA IDENTITY" in typed("ALTER TABLE courses REPLICA IDENTITY NOTHING", "tables")
    assert "max_replication_slots" in typed(
        "SELECT pg_create_physical_replication_slot('another')", "replication slots", server
    )
    with psycopg.connect(server, replication="database") as sender:
        sender.execute("IDENTIFY_SYSTEM")
        assert "max_wal_senders" in missing(mentorhub.doctor())["WAL senders"]

    wrong = mentorhub.source.replace(PASSWORD, "guessed")
    assert "\\password mentorhub_analytics" in missing(mentorhub.doctor(wrong))["database"]
    rules = mentorhub.folder / "theirs" / "pg_hba.conf"
    rules.write_text("local all postgres trust\n")
    tell(server, "SELECT pg_reload_conf()")
    line = re.search(r"`(.*?)`", missing(mentorhub.doctor())["database"])
    assert line
    rules.write_text(f"{rules.read_text()}{line[1]}\n")
    tell(server, "SELECT pg_reload_conf()")
    assert "database" not in missing(mentorhub.doctor())
