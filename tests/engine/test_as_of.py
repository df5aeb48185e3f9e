"""Every change committed up to the as-of is counted, whatever MentorHub is busy with."""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from psycopg import errors

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.mentorhub import Installed, apart, ask, look_until_proven, tell
from tests.support.processes import wait_until
from workers.fold import fold
from workers.install import install

BULK = """
    INSERT INTO users (username, email, hashed_password, role, is_active, is_verified)
    SELECT 'user' || n, 'user' || n || '@example.com', '', 'STUDENT', true, true
    FROM generate_series(1, 100000) AS n
"""


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda _: None)


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    with installed.pair() as settings:
        yield settings


def replicated_until(ours: Connection, patience: str = "5 s") -> datetime | None:
    return ask(ours, "SELECT control.replicated_until(%s)", patience)


def commit(settings: Settings) -> datetime:
    """When a bulk import of one transaction was committed, by MentorHub's clock."""
    tell(settings.source_url(), BULK)
    with connect(settings.source_url()) as source:
        return ask(source, "SELECT clock_timestamp()")


@pytest.mark.parametrize("patience", ["5 s", "0"])
def test_no_time_is_claimed_before_a_bulk_import_committed_earlier_has_arrived(
    settings: Settings, patience: str
) -> None:
    claims: list[tuple[datetime, int]] = []
    with (
        ThreadPoolExecutor(1) as mentorhub,
        connect(settings.analytics_url()) as ours,
    ):
        committing = mentorhub.submit(commit, settings)
        deadline = time.monotonic() + 60
        while not claims or claims[-1][1] < 100_000:
            assert time.monotonic() < deadline
            as_of = replicated_until(ours, patience)
            if as_of is not None:
                claims.append((as_of, ask(ours, "SELECT count(*) FROM users")))
        committed = committing.result()
    assert [rows for as_of, rows in claims if as_of >= committed and rows < 100_000] == []


def test_with_patience_all_that_was_committed_before_the_call_has_arrived(
    settings: Settings,
) -> None:
    with connect(settings.analytics_url()) as ours:
        for number in range(1, 20):
            newcomer = f"INSERT INTO users VALUES ({number}, '{number}', '{number}', '')"  # noqa: S608
            tell(settings.source_url(), newcomer)
            assert replicated_until(ours) is not None
            assert ask(ours, "SELECT count(*) FROM users") == number


def test_without_patience_the_newest_known_time_comes_at_once(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours, connect(settings.analytics_url()) as holder:
        assert wait_until(lambda: replicated_until(ours, "0") is not None)
        # what MentorHub commits from now on is received, and can't be applied
        with holder.transaction():
            holder.execute("LOCK TABLE users IN SHARE MODE")
            tell(settings.source_url(), BULK)
            committed = ask(ours, "SELECT clock_timestamp()")

            def has_asked() -> bool:
                replicated_until(ours, "0")
                return ask(ours, "SELECT asked_at > %s FROM control.question", committed)

            assert wait_until(has_asked)
            stood = replicated_until(ours, "0")
            assert stood
            ours.execute("UPDATE control.question SET asked_at = asked_at - interval '6 s'")
            assert replicated_until(ours, "0") is None, "a question without an answer is too old"
        assert wait_until(lambda: (replicated_until(ours, "0") or stood) > stood)


def test_while_nobody_reads_no_time_is_claimed_and_after_it_only_what_is_compared(
    settings: Settings,
) -> None:
    with connect(settings.analytics_url()) as ours:
        assert replicated_until(ours) is not None
        tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
        assert wait_until(lambda: replicated_until(ours, "0") is None)
        tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics ENABLE")
        assert replicated_until(ours, "1 s") is None, "changes may have been lost meanwhile"
        assert look_until_proven(settings)


QUESTIONS = """
    SELECT count(*) FILTER (WHERE get_byte(data, 0) = ascii('M'))
    FROM pg_logical_slot_get_binary_changes(
        'listener', NULL, NULL,
        'proto_version', '1', 'publication_names', 'mentorhub_analytics', 'messages', 'true'
    )
"""

LINES = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'analytics_line'
"""


def test_many_askers_cost_mentorhub_five_questions_a_second_and_one_log_in_each(
    settings: Settings,
) -> None:
    enough, moments = Event(), set[datetime]()

    def ask_on() -> int:
        """Returns how many are logged in by then."""
        with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as source:
            while not enough.wait(0.01):
                replicated_until(ours, "0")
            return ask(source, LINES)

    with (
        listening(settings),
        connect(settings.source_url()) as source,
        connect(settings.analytics_url()) as ours,
    ):
        began = ask(ours, "SELECT clock_timestamp()")

        def have_asked() -> bool:
            moments.add(ask(ours, "SELECT asked_at FROM control.question"))
            return len(moments) > 4

        with ThreadPoolExecutor(4) as askers:
            asking = [askers.submit(ask_on) for _ in range(4)]
            try:
                assert wait_until(have_asked)
            finally:
                enough.set()
        elapsed = ask(ours, "SELECT clock_timestamp()") - began
        assert 4 <= ask(source, QUESTIONS) <= 1 + elapsed / timedelta(milliseconds=200)
    assert 1 <= max(asked.result() for asked in asking) <= 4


@contextmanager
def listening(settings: Settings) -> Generator[None]:
    """Whatever MentorHub is asked is kept for us."""
    with connect(settings.source_url()) as source:
        source.execute("SELECT pg_create_logical_replication_slot('listener', 'pgoutput')")
        try:
            yield
        finally:
            source.execute("SELECT pg_drop_replication_slot('listener')")


@pytest.fixture
def restarting(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Postgres, Settings]]:
    """A MentorHub in a server that the test may end."""
    with apart(tmp_path, postgres) as (theirs, both):
        install(both)
        yield theirs, both


def test_after_a_restart_of_mentorhub_the_same_session_asks_again(
    restarting: tuple[Postgres, Settings],
) -> None:
    theirs, settings = restarting
    with connect(settings.analytics_url()) as ours:
        assert replicated_until(ours) is not None
        theirs.start()
        assert look_until_proven(settings)
        assert theirs.process
        theirs.process.kill()
        theirs.process.wait()
        assert replicated_until(ours) is None
        assert wait_until(lambda: replicated_until(ours, "0") is None)
        theirs.start()
        assert look_until_proven(settings)
        assert wait_until(lambda: replicated_until(ours, "0") is not None)
        tell(settings.source_url(), "INSERT INTO users VALUES (1, 'late', 'e-mail', 'hash')")
        assert replicated_until(ours) is not None
        assert ask(ours, "SELECT count(*) FROM users") == 1


REFUSED = {
    "SELECT to_jsonb(1 / 0)": "division by zero",
    "SELECT to_jsonb(secret) FROM nobodys": 'relation "nobodys" does not exist',
    "SELECT to_jsonb(pg_sleep(9)::text)": "timeout",
}
"""What MentorHub's server says to a question; rights may be missing, and it may be too busy."""

REFUSAL = "SELECT current_setting('analytics.refusal')"


@pytest.mark.parametrize("question", REFUSED)
def test_whatever_mentorhub_refuses_is_no_answer_and_told(
    settings: Settings, question: str
) -> None:
    with connect(settings.analytics_url()) as ours:
        assert wait_until(lambda: replicated_until(ours, "0") is not None)
        witness = ask(ours, "SELECT witness FROM control.source")
        ours.execute("UPDATE control.source SET witness = %s", [question])
        assert wait_until(lambda: replicated_until(ours, "0") is None)
        assert REFUSED[question] in ask(ours, REFUSAL)
        assert replicated_until(ours, "1 s") is None
        fold(ours)
        ours.execute("UPDATE control.source SET witness = %s", [witness])
        assert wait_until(lambda: replicated_until(ours, "0") is not None)
        assert ask(ours, REFUSAL) == ""


def test_who_ends_a_question_of_ours_ends_what_asked_it(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        ours.execute("UPDATE control.source SET witness = 'SELECT to_jsonb(pg_sleep(0.9)::text)'")
        ours.execute("SET statement_timeout = '200ms'")
        with pytest.raises(errors.QueryCanceled):
            replicated_until(ours)


def test_who_is_not_let_in_is_told_by_the_reason(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        ours.execute("UPDATE control.source SET conninfo = conninfo || ' dbname=nobodys'")
        assert wait_until(lambda: replicated_until(ours, "0") is None)
        assert ask(ours, REFUSAL) == 'database "nobodys" does not exist'


def test_a_source_that_is_away_makes_no_claim(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        assert replicated_until(ours) is not None
        ours.execute("UPDATE control.source SET conninfo = 'host=/nowhere'")
        assert replicated_until(ours) is None


def test_the_worker_cannot_read_mentorhubs_address(settings: Settings) -> None:
    with connect(settings.analytics_url(), options="-c role=analytics_worker") as worker:
        assert replicated_until(worker) is not None
        assert ask(worker, "SELECT has_table_privilege('control.source', 'SELECT')") is False
        assert ask(worker, "SELECT has_schema_privilege('link', 'USAGE')") is False
