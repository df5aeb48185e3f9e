"""Text that is not in UTF-8, at a MentorHub whose database may hold some: others go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from psycopg import sql
from structlog.testing import capture_logs

from ops.local.embedded import Postgres
from ops.status import collect
from ops.status.sections import lines
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.mentorhub import ROWS, ask, check, is_mirrored, pair, seen, tell
from tests.support.processes import wait_until
from workers import mirror
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mirror import BROKEN_OFF
from workers.mirror_audit import audit_mirror

COLUMNS = {
    "users": ("username", "role"),
    "courses": ("title",),
    "sessions": ("status",),
    "payments": ("currency", "status"),
}
"""All that is text, or an enum that becomes text here."""


BROKEN = """
    SELECT apply_error_count > 0
    FROM pg_stat_subscription_stats INNER JOIN pg_subscription ON oid = subid
    WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture(scope="module")
def template(postgres: Postgres) -> str:
    with connect(postgres.url()) as server:
        server.execute(
            "CREATE DATABASE mentorhub_of_bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
        )
    return "mentorhub_of_bytes"


@pytest.fixture
def settings(postgres: Postgres, template: str) -> Iterator[Settings]:
    """MentorHub keeps labels in varchar."""
    with pair(postgres, postgres, template) as settings:
        url = settings.source_url()
        tell(url, *ROWS)
        for table, columns in COLUMNS.items():
            for column in columns:
                if column not in ("username", "title"):
                    tell(
                        url,
                        f"ALTER TABLE {table} ALTER {column} DROP DEFAULT",
                        f"ALTER TABLE {table} ALTER {column} TYPE varchar(20) USING {column}::text",
                    )
        yield settings


def write(settings: Settings, table: str, column: str, value: bytes, number: int = 1) -> None:
    """MentorHub's row gets these bytes, as a client in SQL_ASCII sends them."""
    with connect(settings.source_url()) as source:
        source.execute(
            sql.SQL("UPDATE {} SET {} = convert_from(%s::bytea, 'SQL_ASCII') WHERE id = %s").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [value, number],
        )


def told(settings: Settings) -> list[str]:
    """What `analytics status` says of rows that are set aside."""
    status = collect(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    return [line.text for line in lines(status) if line.name == "Set aside"]


def count(settings: Settings) -> None:
    with worker_connection(settings) as worker:
        fold(worker, 5)


def is_sound(settings: Settings) -> bool:
    with worker_connection(settings) as worker:
        return (
            audit_mirror(worker, everything=True, repair=False) == []
            and audit(settings, repair=False).wrong == 0
        )


def look_until_proven(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours, Guard(settings) as guard:

        def is_proven() -> bool:
            guard.look()
            return ask(ours, "SELECT control.replicated_until('0.1 s')") is not None

        assert wait_until(is_proven)
    count(settings)


def mend(settings: Settings) -> None:
    """Types what `analytics status` says, until it says nothing."""
    while sentences := told(settings):
        tell(settings.source_url(), *(sentence.split("`")[1] for sentence in sentences))
        with connect(settings.source_url()) as source, connect(settings.analytics_url()) as ours:
            mirror.wait_until_caught_up(ours, source)
        count(settings)


ILLEGIBLE = {
    "a byte of Latin-1": (b"Caf\xe9", "Caf�\u2060351"),
    "half a letter": (b"\xd0 \xd1\x91", "�\u2060320 �\u2060321�\u2060221"),
    "an overlong slash": (b"\xc0\xaf", "�\u2060300�\u2060257"),
    "a surrogate": (b"\xed\xa0\x80", "�\u2060355�\u2060240�\u2060200"),
    "beyond Unicode": (b"\xf4\x90\x80\x80", "�\u2060364�\u2060220�\u2060200�\u2060200"),
    "a backslash too": (b"a\\b\xff", "a�\u2060�\u2060b�\u2060377"),
}


def test_a_first_copy_is_the_same_whatever_encoding_the_url_names(settings: Settings) -> None:
    url = settings.source_url()
    asked = f"{url}{'&' if '?' in url else '?'}client_encoding=LATIN1"
    write(settings, "courses", "title", b"Caf\xe9")
    named = replace(settings, source_database_url=asked)
    install(named)
    (said,) = told(named)
    assert said.startswith("MentorHub's courses.title is not in UTF-8, and taken as bytes (id 1)")
    assert is_sound(named)
    write(named, "users", "username", b"\xe9", 2)
    look_until_proven(named)
    assert is_sound(named)


@pytest.mark.parametrize("kind", ILLEGIBLE)
def test_a_first_copy_takes_text_that_is_none_as_bytes(settings: Settings, kind: str) -> None:
    given, taken = ILLEGIBLE[kind]
    write(settings, "courses", "title", given)
    with capture_logs() as logs:
        install(settings)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT title FROM analytics.course_performance") == taken
    (said,) = told(settings)
    assert said.startswith("MentorHub's courses.title is not in UTF-8, and taken as bytes (id 1)")
    assert [entry["event"] for entry in logs] == [f"Analytics: {said}"]
    assert is_sound(settings)
    mend(settings)
    assert is_mirrored(settings)
    check(settings)


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table]]
)
def test_while_running_others_go_on(settings: Settings, table: str, column: str) -> None:
    install(settings)
    write(settings, table, column, b"R\xe9B", 2 if table == "users" else 1)
    tell(settings.source_url(), "UPDATE sessions SET duration_minutes = 77")
    look_until_proven(settings)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT min(duration_minutes) FROM public.sessions") == 77
    (said,) = told(settings)
    assert said.startswith(f"MentorHub's {table}.{column} is not in UTF-8")
    assert is_sound(settings)
    mend(settings)
    assert is_mirrored(settings)
    check(settings)


def breaks_off(settings: Settings) -> bool:
    with connect(settings.analytics_url()) as ours:
        return wait_until(lambda: ask(ours, BROKEN))


def test_where_nobody_guards_init_begins_anew(settings: Settings) -> None:
    install(settings)
    write(settings, "courses", "title", b"\xe9")
    assert breaks_off(settings)
    install(settings)
    assert told(settings)
    assert is_sound(settings)
    mend(settings)
    assert is_mirrored(settings)


def test_new_rows_of_a_transaction_that_is_sent_while_it_is_made(settings: Settings) -> None:
    install(settings)
    with connect(settings.source_url()) as source:
        source.execute(
            "INSERT INTO courses (instructor_id, title)"
            " SELECT 1, CASE n %% 9999 WHEN 0 THEN convert_from(%s, 'SQL_ASCII') ELSE 'SQL' END"
            " FROM generate_series(1, 50000) AS n",
            [b"Caf\xe9"],
        )
    look_until_proven(settings)
    (said,) = told(settings)
    assert "(id 10000, 19999, 29998, 39997, 49996)" in said
    assert is_sound(settings)
    mend(settings)
    assert is_mirrored(settings)


def test_a_row_taken_as_bytes_may_change_and_go(settings: Settings) -> None:
    install(settings)
    write(settings, "users", "username", b"\xe9", 2)
    look_until_proven(settings)
    with capture_logs() as logs:
        tell(settings.source_url(), "UPDATE users SET is_verified = false WHERE id = 2")
        look_until_proven(settings)
    assert (
        logs[0]["event"]
        == f"Analytics: {BROKEN_OFF.format('SQL_ASCII')} The mirror is compared with MentorHub."
    )
    assert is_sound(settings)
    tell(settings.source_url(), "DELETE FROM users WHERE id = 2")
    assert is_mirrored(settings)
    count(settings)
    assert told(settings) == []


def test_what_others_left_of_a_letter_is_text_as_any(postgres: Postgres) -> None:
    with pair(postgres, postgres) as settings:
        tell(
            settings.source_url(),
            *ROWS,
            "UPDATE courses SET title = U&'Zum Preis von \\FFFD250, \\001A351'",
            "UPDATE users SET username = U&'\\FFFD\\FFFD377' WHERE id = 2",
        )
        install(settings)
        assert told(settings) == []
        check(settings)


@contextmanager
def in_encoding(postgres: Postgres, encoding: str) -> Iterator[Settings]:
    name = f"mentorhub_of_{encoding.lower()}"
    with connect(postgres.url()) as server:
        server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode()
        )
    with pair(postgres, postgres, name) as settings:
        tell(settings.source_url(), *ROWS)
        yield settings


@pytest.mark.parametrize(("encoding", "byte"), [("WIN1251", 0x98), ("WIN1252", 0x81)])
def test_a_byte_that_has_no_meaning_in_mentorhubs_encoding_stops_nobody(
    postgres: Postgres, encoding: str, byte: int
) -> None:
    with in_encoding(postgres, encoding) as settings:
        tell(
            settings.source_url(),
            f"UPDATE courses SET title = 'Caf' || chr({byte})",  # noqa: S608
            "UPDATE users SET username = 'Caf' || chr(233) WHERE id = 2",
        )
        install(settings)
        with connect(settings.analytics_url()) as ours:
            title = ask(ours, "SELECT min(title) FROM analytics.course_performance")
            username = ask(ours, "SELECT username FROM public.users WHERE id = 2")
        assert title == f"Caf\x1a\x1a{byte:o}"
        assert username == b"Caf\xe9".decode(encoding.replace("WIN", "cp"))
        (said,) = told(settings)
        assert said.startswith("MentorHub's courses.title is not in UTF-8, and taken as bytes")
        mend(settings)
        check(settings)
        tell(
            settings.source_url(),
            f"UPDATE users SET username = chr({byte}) WHERE id = 2",  # noqa: S608
            "UPDATE sessions SET duration_minutes = 77",
        )
        look_until_proven(settings)
        with connect(settings.analytics_url()) as ours:
            assert ask(ours, "SELECT min(duration_minutes) FROM public.sessions") == 77
        (said,) = told(settings)
        assert said.startswith("MentorHub's users.username is not in UTF-8")
        assert is_sound(settings)
        mend(settings)
        assert is_mirrored(settings)
        check(settings)


def test_a_letter_that_only_mentorhubs_encoding_has_is_named(postgres: Postgres) -> None:
    with in_encoding(postgres, "EUC_JP") as settings:
        nothing = "UPDATE courses SET title = convert_from('\\xfda1', 'EUC_JP')"
        tell(settings.source_url(), nothing)
        with pytest.raises(ConfigurationError) as refused:
            install(settings)
        sentence = str(refused.value)
        assert sentence.startswith("MentorHub's courses.title is nothing that UTF-8 can say (id 1)")
        tell(settings.source_url(), sentence.split("`")[1])
        install(settings)
        check(settings)
        tell(settings.source_url(), nothing)
        with Guard(settings) as guard:
            assert wait_until(lambda: sentence in (seen(guard, settings) or ""))
        tell(settings.source_url(), sentence.split("`")[1])
        look_until_proven(settings)
        assert is_mirrored(settings)
