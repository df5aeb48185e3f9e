"""docs/database.md as DBAs type it, and then analytics as the roles that it makes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import randrange
from typing import NamedTuple

import psycopg
import pytest

from ops import demo
from ops.local import embedded
from ops.local.embedded import Postgres, wheel_binaries
from shared import sqlfiles
from shared.database import connect
from shared.registry import STEPS
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.installations import OTHER_BINARIES
from tests.support.mentorhub import QUICK, is_mirrored, look_until_proven, tell
from workers.audit import audit
from workers.fold import fold, worker_connection

PAGE = (sqlfiles.ROOT.parent / "docs" / "database.md").read_text()
PASSWORD = "a word that no log has"  # noqa: S105

OWNED = """
    SELECT format('ALTER %s %s OWNER TO owner', kind, name)
    FROM (
        SELECT 'TABLE', oid::regclass::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'TYPE', oid::regtype::text FROM pg_type WHERE typtype = 'e'
    ) AS made (kind, name)
"""


class Block(NamedTuple):
    """A piece of the page: what it is, where it belongs, who types it or what it goes into."""

    language: str
    server: str
    place: str
    text: str


BLOCKS = [Block(*found) for found in re.findall(r"(?ms)^```(\w+) (\w+) (\S+)\n(.*?)^```", PAGE)]


@dataclass
class Server:
    postgres: Postgres
    database: str
    address: str
    data: Path
    log: Path

    def type(self, block: Block) -> None:
        """As whom the page says; a file is written into, and read by the server."""
        if block.place == "pg_hba.conf":
            rules = self.data / block.place
            # without TLS, and with our only machine for each of theirs
            ours = re.sub(r"192\.0\.2\.\d+/32", "127.0.0.0/8", block.text)
            rules.write_text(ours.replace("hostssl", "host") + rules.read_text())
            tell(self.postgres.url(), "SELECT pg_reload_conf()")
            return
        user = {"superuser": "postgres"}.get(block.place, block.place)
        url = self.postgres.url(self.database if self.is_made() else "postgres", user=user)
        # where there is no terminal, psql asks for a password, and again, where it reads commands
        text = re.sub(r"(?m)^(\\password \w+)$", rf"\1\n{PASSWORD}\n{PASSWORD}", block.text)
        command = (
            ["psql", "-X", "--set=ON_ERROR_STOP=1", url] if block.language == "sql" else ["sh"]
        )
        paths = (str(Path(sys.executable).parent), str(wheel_binaries()), os.defpath)
        done = subprocess.run(
            command,
            input=text,
            cwd=self.data.parent,
            env={"PATH": ":".join(paths), "SUPERUSER": url, "OWNER": url},
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr

    def is_made(self) -> bool:
        with connect(self.postgres.url()) as server:
            return self.database in {
                name for (name,) in server.execute("SELECT datname FROM pg_database")
            }

    def url(self, role: str) -> str:
        """With a password and by TCP, as from another machine."""
        return f"postgresql://{role}:{PASSWORD.replace(' ', '%20')}@{self.address}/{self.database}"


class Servers(NamedTuple):
    theirs: Server
    ours: Server
    version: int


@pytest.fixture(params=[wheel_binaries(), OTHER_BINARIES], ids=["newest", "15"])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Servers]:
    """Two servers as PostgreSQL comes, which log all; a role `owner` has MentorHub's tables."""
    binaries: Path = request.param
    if not binaries.exists():
        pytest.skip(f"no PostgreSQL in {binaries}")
    monkeypatch.setattr(embedded, "_SETTINGS", {"log_statement": "all"})
    with ExitStack() as ending:

        def server(name: str) -> Server:
            # the usual port, at an address of this machine that nobody else has
            address = f"127.{randrange(1, 255)}.{randrange(255)}.{randrange(1, 255)}"  # noqa: S311
            data, log = tmp_path / name, tmp_path / f"{name}.log"
            settings = {**QUICK, "listen_addresses": address}
            postgres = Postgres(data, binaries=binaries, settings=settings, log=log)
            return Server(ending.enter_context(postgres), name, address, data, log)

        theirs, ours = server("mentorhub"), server("analytics")
        tell(theirs.postgres.url(), "CREATE ROLE owner LOGIN", "CREATE DATABASE mentorhub")
        url = theirs.postgres.url("mentorhub")
        demo.fill(url, users=20, seed=1)
        with connect(url) as source:
            version = source.info.server_version // 10_000
            tell(url, *(statement for (statement,) in source.execute(OWNED.encode())))
        tell(url, "GRANT CREATE ON SCHEMA public TO owner")
        yield Servers(theirs, ours, version)


def test_a_dba_types_the_page_and_analytics_runs_without_a_superuser(servers: Servers) -> None:
    theirs, ours, version = servers
    settings, role, password, access, drop, again, roles, logins, our_access = BLOCKS
    for block in (settings, role, password, access):
        theirs.type(block)
    theirs.postgres.start()  # wal_level
    if version == 15:
        # as the page says
        third = roles.text.splitlines()[2]
        roles = roles._replace(
            text=roles.text.replace(third, "ALTER ROLE analytics_owner SUPERUSER;")
        )
    for block in (roles, our_access):
        ours.type(block)
    told = replace(
        DEFAULTS,
        analytics_database_url=ours.url("analytics_owner"),
        source_database_url=theirs.url("mentorhub_analytics"),
    )
    init(told)
    ours.type(logins)
    owner = theirs.postgres.url("mentorhub", user="owner")
    tell(owner, "UPDATE payments SET amount = amount / 2", "DELETE FROM reviews WHERE id < 9")
    runs(told, ours)

    theirs.type(drop)
    tell(owner, "ALTER TABLE payments ALTER amount TYPE bigint")
    theirs.type(again)
    init(told)
    tell(owner, "UPDATE payments SET amount = amount + 3000000000")
    runs(told, ours)

    for server in (theirs, ours):
        log = server.log.read_text()
        assert "statement: " in log
        assert PASSWORD not in log
        assert PASSWORD.replace(" ", "%20") not in log
    may_only_read_what_is_published(theirs)


def init(settings: Settings) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("analytics"), "init"],
        cwd="/",
        env={
            "PATH": os.defpath,
            "ANALYTICS_DATABASE_URL": settings.analytics_url(),
            "SOURCE_DATABASE_URL": settings.source_url(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def runs(settings: Settings, ours: Server) -> None:
    """The guard proves, the worker folds, and the reader reads it."""
    assert look_until_proven(settings)
    assert is_mirrored(settings)
    as_worker = replace(settings, analytics_database_url=ours.url("analytics_worker"))
    with worker_connection(as_worker) as worker:
        assert fold(worker, 30) > 0
    assert audit(as_worker, list(STEPS), repair=False).wrong == 0
    with connect(ours.url("analytics_reader")) as reader:
        assert reader.execute("SELECT FROM analytics.payment_day").fetchone() is not None


def may_only_read_what_is_published(theirs: Server) -> None:
    url = theirs.url("mentorhub_analytics")
    with connect(url) as role:
        attributes = role.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert attributes == (False, False, False, False)
        for beyond in (
            "SELECT email FROM users",
            "SELECT * FROM users",
            "DELETE FROM reviews",
            "CREATE TABLE public.mine ()",
            "CREATE SCHEMA mine",
            "DROP PUBLICATION mentorhub_analytics",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(beyond.encode())
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects replication"):
        psycopg.connect(url, replication="true")
    other = f"{url.removesuffix('mentorhub')}postgres"
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects connection"):
        psycopg.connect(other)
