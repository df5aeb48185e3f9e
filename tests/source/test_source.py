"""What `analytics init` asks of both servers: one sentence each, and what it says mends it."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import pytest

from ops import demo
from ops.local import embedded
from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.by_hand import run_by_hand
from tests.support.databases import DEFAULTS, database
from tests.support.mentorhub import (
    QUICK,
    analytics,
    apart,
    ask,
    catch_up,
    copy,
    is_mirrored,
    pair,
    tell,
)
from workers import mentorhub, mirror
from workers.definitions import MIRRORED
from workers.fold import worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mentorhub import drop_slot
from workers.mirror_audit import audit_mirror
from workers.mirrored import published

PASSWORD = "correct horse"  # noqa: S105


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server of MentorHub's as PostgreSQL comes: what we set for embedded ones is not set."""
    monkeypatch.setattr(embedded, "_SETTINGS", {"listen_addresses": ""})
    with Postgres(tmp_path / "strict", settings=QUICK) as server:
        tell(server.url(), "CREATE DATABASE mentorhub")
        demo.fill(server.url("mentorhub"), users=20, seed=1)
        yield server


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of MentorHub's that asks the role `reader` for a password."""
    data = tmp_path_factory.mktemp("secretive") / "data"
    with Postgres(data, settings=QUICK) as server:
        rules = data / "pg_hba.conf"
        rules.write_text(f"local all reader scram-sha-256\n{rules.read_text()}")
        tell(
            server.url(),
            "SELECT pg_reload_conf()",
            f"CREATE ROLE reader LOGIN SUPERUSER PASSWORD '{PASSWORD}'",
            "CREATE DATABASE mentorhub",
        )
        demo.create_tables(server.url("mentorhub"))
        yield server


@pytest.fixture
def settings(postgres: Postgres) -> Iterator[Settings]:
    """One server, two databases: MentorHub's with empty tables, ours empty."""
    with pair(postgres, postgres) as settings:
        yield settings


def refusal(settings: Settings) -> str | None:
    """The sentence that `analytics init` ends with; None where it does what it shall."""
    try:
        install(settings)
    except ConfigurationError as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert sentence.endswith((".", "?"))
        assert PASSWORD not in sentence
        return sentence
    return None


def command(sentence: str) -> str:
    """What the sentence says to run."""
    (found,) = re.findall("`(.+?)`", sentence)
    return found


OBSTACLES = (
    "CREATE ROLE mentorhub_analytics LOGIN",
    "REVOKE USAGE ON SCHEMA public FROM public",
    "ALTER TABLE payments ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE reviews REPLICA IDENTITY FULL",
    "ALTER TABLE reviews SET UNLOGGED",
    "ALTER TABLE sessions DROP CONSTRAINT sessions_pkey CASCADE, ADD PRIMARY KEY (id) DEFERRABLE",
    "ALTER TABLE progress DROP CONSTRAINT progress_pkey",
    "SELECT pg_create_physical_replication_slot('taken_' || n) FROM generate_series(1, 10) AS n",
)

SENTENCES = (
    "MentorHub's server has wal_level=replica: run `ALTER SYSTEM SET wal_level = logical`",
    "The role mentorhub_analytics may not replicate: run `ALTER ROLE mentorhub_analytics REPL",
    "The role mentorhub_analytics may not look into MentorHub's schema public: run `GRANT USAGE",
    "The role mentorhub_analytics may not read course_enrollments.id: run",
    "The role mentorhub_analytics may not read courses.id: run",
    "The role mentorhub_analytics may not read payments.id: run",
    "The role mentorhub_analytics may not read progress.id: run",
    "The role mentorhub_analytics may not read reviews.id: run",
    "The role mentorhub_analytics may not read sessions.id: run",
    "The role mentorhub_analytics may not read users.id: run `GRANT SELECT (id, username, role,",
    "Row security hides rows of payments from the role mentorhub_analytics: run `ALTER ROLE",
    "MentorHub's table progress does not tell its rows apart by id alone: run `ALTER TABLE",
    "MentorHub's table reviews is unlogged, so that nobody can follow it: run `ALTER TABLE",
    "MentorHub's table reviews does not tell its rows apart by id alone: run `ALTER TABLE",
    "MentorHub's table sessions does not tell its rows apart by id alone: run `CREATE UNIQUE IND",
    "The role mentorhub_analytics may not publish MentorHub's tables (permission denied for",
    "MentorHub's server has no replication slot left: run `ALTER SYSTEM SET max_replication_",
)


def test_each_obstacle_at_mentorhub_is_mended_by_what_its_sentence_says(
    strict: Postgres, postgres: Postgres
) -> None:
    superuser = strict.url("mentorhub")
    tell(superuser, *OBSTACLES)
    with analytics(postgres) as url:
        settings = replace(
            DEFAULTS,
            analytics_database_url=url,
            source_database_url=strict.url("mentorhub", user="mentorhub_analytics"),
        )
        for beginning in SENTENCES:
            sentence = refusal(settings)
            assert sentence
            assert sentence.startswith(beginning)
            if "--print-source-sql" in command(sentence):
                run_by_hand(superuser)
            else:
                tell(superuser, command(sentence))
            if "restart" in sentence:
                strict.start()
        assert refusal(settings) is None
        tell(superuser, "UPDATE reviews SET rating = 1", "DELETE FROM progress WHERE id < 9")
        assert is_mirrored(settings)


RECIPE = "DROP PUBLICATION mentorhub_analytics"

MIGRATIONS = (
    "ALTER TABLE payments ALTER amount TYPE bigint",
    """
    CREATE TABLE copied (LIKE reviews INCLUDING ALL);
    INSERT INTO copied TABLE reviews;
    ALTER TABLE reviews RENAME TO old;
    ALTER TABLE copied RENAME TO reviews;
    DROP TABLE old
    """,
    "ALTER TABLE progress ALTER created_at TYPE timestamp",
)


def test_the_owner_of_the_tables_migrates_them_by_the_recipe_and_is_no_superuser(
    recipe: Postgres, postgres: Postgres
) -> None:
    run_by_hand(recipe.url("mentorhub"))
    owner = recipe.url("mentorhub", user="owner")
    with analytics(postgres) as url:
        settings = replace(
            DEFAULTS,
            analytics_database_url=url,
            source_database_url=recipe.url("mentorhub", user="mentorhub_analytics"),
        )
        assert refusal(settings) is None
        for migration in MIGRATIONS:
            tell(owner, RECIPE, *migration.split(";"))
            sentence = refusal(settings)
            assert sentence
            assert "--print-source-sql" in sentence or "may not read reviews" in sentence
            run_by_hand(owner)
            assert refusal(settings) is None
            tell(
                owner, "UPDATE payments SET amount = amount + 1", "DELETE FROM reviews WHERE id < 9"
            )
            assert is_mirrored(settings)
    with connect(owner) as source:
        drop_slot(source)


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Postgres]:
    """A MentorHub whose tables are a role's that may nothing else."""
    with Postgres(tmp_path / "recipe", settings=QUICK) as server:
        tell(server.url(), "CREATE ROLE owner LOGIN", "CREATE DATABASE mentorhub")
        demo.fill(server.url("mentorhub"), users=20, seed=1)
        with connect(server.url("mentorhub")) as source:
            made = source.execute(
                "SELECT format('ALTER %s %s OWNER TO owner', CASE relkind WHEN 'r' THEN 'TABLE'"
                " ELSE 'SEQUENCE' END, oid::regclass) FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace"
                " UNION ALL SELECT format('ALTER TYPE %s OWNER TO owner', oid::regtype)"
                " FROM pg_type WHERE typtype = 'e'"
            ).fetchall()
            for (statement,) in made:
                source.execute(statement.encode())
            source.execute("GRANT CREATE ON SCHEMA public TO owner")
        yield server


PROBLEMS = (
    "may not change its database",
    "may not create roles",
    "may not create extensions",
    "may not subscribe",
    "must provide a password",
    "are not ours to grant",
)


def test_each_obstacle_in_our_server_is_mended_by_what_its_sentence_says(
    secretive: Postgres, postgres: Postgres, newcomer: str
) -> None:
    with analytics(postgres) as superuser:
        settings = replace(
            DEFAULTS,
            analytics_database_url=superuser.replace("postgres@", f"{newcomer}@"),
            source_database_url=secretive.url("mentorhub"),
        )
        for problem in PROBLEMS:
            sentence = refusal(settings)
            assert sentence
            assert problem in sentence
            if "password" in problem:
                settings = replace(settings, source_database_url=with_password(secretive))
            else:
                tell(superuser, command(sentence))
        assert refusal(settings) is None
        catch_up(settings)
        with connect(settings.analytics_url()) as ours:
            mirror.unsubscribe(ours)
        with Guard(settings) as guard, worker_connection(settings) as worker:
            guard.look()
            assert audit_mirror(worker, everything=True, repair=True) == []
        assert is_mirrored(settings)


@pytest.fixture
def newcomer(postgres: Postgres, analytics_template: str) -> Iterator[str]:
    """A role of our server without any right, beside the roles that another's analytics made."""
    assert analytics_template
    with connect(postgres.url()) as server:
        if server.info.server_version < 160000:
            pytest.skip("before PostgreSQL 16 only superusers may subscribe")
        server.execute("CREATE ROLE newcomer LOGIN")
        yield "newcomer"
        server.execute("DROP ROLE newcomer")


def with_password(server: Postgres, password: str = PASSWORD) -> str:
    return server.url("mentorhub", user=f"reader:{quote(password)}")


LOSSES = (
    (
        "ALTER TABLE progress RENAME TO gone",
        "MentorHub's database has no table public.progress: does SOURCE_DATABASE_URL name",
        "ALTER TABLE gone RENAME TO progress",
    ),
    (
        "ALTER TABLE users RENAME is_verified TO gone",
        "MentorHub's table users has no column is_verified, which analytics needs.",
        "ALTER TABLE users RENAME gone TO is_verified",
    ),
)


def test_the_table_or_column_that_mentorhub_lacks_is_named(settings: Settings) -> None:
    for loss, beginning, remedy in LOSSES:
        tell(settings.source_url(), loss)
        sentence = refusal(settings)
        assert sentence
        assert sentence.startswith(beginning)
        tell(settings.source_url(), remedy)
    copy(settings)


def test_another_analytics_system_goes_on_and_ours_waits_for_its_end(
    settings: Settings, postgres: Postgres
) -> None:
    copy(settings)
    with analytics(postgres) as url:
        second = replace(settings, analytics_database_url=url)
        before = objects(url)
        sentence = refusal(second)
        assert sentence
        assert sentence.startswith("The replication slot mentorhub_analytics is another analytics")
        assert objects(url) == before
        tell(settings.source_url(), "INSERT INTO users VALUES (1, 'late', 'e-mail', 'hash')")
        assert is_mirrored(settings)
        with connect(settings.analytics_url()) as first:
            mirror.unsubscribe(first)
        copy(second)


def test_the_slot_of_a_system_that_is_away_for_a_moment_is_left_alone(
    settings: Settings, postgres: Postgres
) -> None:
    copy(settings)
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    with analytics(postgres) as url:
        sentence = refusal(replace(settings, analytics_database_url=url))
    assert sentence
    assert sentence.startswith("The replication slot mentorhub_analytics is another analytics")
    tell(settings.source_url(), "INSERT INTO users VALUES (1, 'late', 'e-mail', 'hash')")
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics ENABLE")
    assert is_mirrored(settings)


def test_what_a_slot_waits_for_is_named_also_where_no_session_has_it(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentorhub, "SLOT_PATIENCE", 1)
    with apart(tmp_path, postgres, max_prepared_transactions="9") as (_, settings):
        with connect(settings.source_url()) as source:
            source.execute("BEGIN; CREATE TABLE wide ()")
            assert "pg_stat_activity.xact_start" in (refusal(settings) or "")
            source.execute("PREPARE TRANSACTION 'it''s ours'")
        sentence = refusal(settings)
        assert sentence
        assert "database mentorhub" in sentence
        tell(settings.source_url(), command(sentence))
        assert refusal(settings) is None
        assert is_mirrored(settings)


def test_a_server_without_a_wal_sender_left_is_named_with_what_mends_it(
    tmp_path: Path, postgres: Postgres
) -> None:
    with apart(tmp_path, postgres) as (server, settings):
        tell(settings.source_url(), "ALTER SYSTEM SET max_wal_senders = 1")
        server.start()
        with connect(settings.source_url(), replication="database") as somebody:
            somebody.execute("IDENTIFY_SYSTEM")
            sentence = refusal(settings)
        assert sentence
        assert sentence.startswith("MentorHub's server has no WAL sender left")
        tell(settings.source_url(), command(sentence))
        server.start()
        with connect(settings.source_url()) as source:
            assert ask(source, "SHOW max_wal_senders") == "11"
        assert refusal(settings) is None


def test_a_slot_of_unknown_origin_is_left_alone(settings: Settings, postgres: Postgres) -> None:
    for url in (postgres.url(), settings.source_url()):
        tell(url, "SELECT pg_create_logical_replication_slot('mentorhub_analytics', 'pgoutput')")
        sentence = refusal(settings)
        assert sentence
        assert sentence.startswith("The replication slot mentorhub_analytics is another analytics")
        tell(url, command(sentence))
    copy(settings)


STRANGERS = (
    ("TABLE users", "(id integer)"),
    ("TABLE payments", "(id integer, w smallint)"),
    ("VIEW courses", "AS SELECT 1 AS id"),
    ("SCHEMA analytics", ""),
    ("SCHEMA source", ""),
)


def test_an_analytics_database_that_cannot_hold_every_title_is_refused(
    settings: Settings, postgres: Postgres
) -> None:
    narrow = "narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    tell(postgres.url(), f"CREATE DATABASE {narrow}")
    try:
        assert refusal(replace(settings, analytics_database_url=postgres.url("narrow"))) == (
            "ANALYTICS_DATABASE_URL names a database in LATIN1, which can't hold every title: "
            "make one with `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'`."
        )
    finally:
        tell(postgres.url(), "DROP DATABASE narrow WITH (FORCE)")


def test_what_somebody_else_keeps_in_the_analytics_database_is_never_touched(
    settings: Settings,
) -> None:
    for stranger, body in STRANGERS:
        tell(settings.analytics_url(), f"CREATE {stranger} {body}")
        before = objects(settings.analytics_url()), objects(settings.source_url())
        sentence = refusal(settings)
        assert sentence
        assert sentence.endswith("that is not ours: give analytics an empty database of its own.")
        assert (objects(settings.analytics_url()), objects(settings.source_url())) == before
        tell(settings.analytics_url(), f"DROP {stranger}")


@pytest.mark.parametrize("empty", [False, True], ids=["filled", "empty"])
def test_mentorhubs_own_database_is_refused_as_the_analytics_database(
    postgres: Postgres, *, empty: bool
) -> None:
    with database(postgres, "both") as url:
        if not empty:
            demo.create_tables(url)
        before = objects(url)
        settings = replace(DEFAULTS, analytics_database_url=url, source_database_url=url)
        assert refusal(settings)
        assert objects(url) == before


def objects(url: str) -> list[tuple[str, int, str]]:
    with connect(url) as connection:
        return connection.execute("""
            SELECT relname, oid::bigint, relkind::text FROM pg_class WHERE relpersistence = 'p'
            UNION SELECT nspname, oid::bigint, 'schema' FROM pg_namespace WHERE nspname !~ '^pg_'
            UNION SELECT pubname, oid::bigint, 'publication' FROM pg_publication
            UNION SELECT slot_name, 0, 'slot' FROM pg_replication_slots
            ORDER BY 1, 2
        """).fetchall()


def test_a_server_that_cannot_be_reached_is_named_without_the_password(
    any_databases: Settings, secretive: Postgres
) -> None:
    nowhere = f"postgresql://reader:{quote(PASSWORD)}@/mentorhub?host=%2Fnowhere"
    wrong = with_password(secretive, "wrong")
    for url, reason in ((nowhere, "/nowhere"), (wrong, "password authentication failed")):
        for name in ("analytics_database_url", "source_database_url"):
            sentence = refusal(replace(any_databases, **{name: url}))
            assert sentence
            assert sentence.startswith("Can't connect to PostgreSQL at ")
            assert reason in sentence


@pytest.fixture
def any_databases(postgres: Postgres) -> Settings:
    """For what is refused before anything is looked at."""
    url = postgres.url()
    return replace(DEFAULTS, analytics_database_url=url, source_database_url=url)


def test_a_password_that_only_the_client_knows_does_not_let_the_server_in(
    settings: Settings, secretive: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, source_database_url=secretive.url("mentorhub", user="reader"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    sentence = refusal(settings)
    assert sentence
    assert sentence.startswith("The analytics server can't connect to MentorHub's by SOURCE_DATAB")
    with connect(settings.source_url()) as source:
        slots = ask(source, "SELECT count(*) FROM pg_replication_slots")
        assert slots == 0, "it would hold back MentorHub's WAL"
    settings = replace(settings, source_database_url=with_password(secretive))
    copy(settings)


LOG_EVERYTHING = {"log_statement": "all", "log_min_error_statement": "debug5"}
"""And every statement that fails."""


def test_no_log_of_our_server_holds_mentorhubs_password(
    secretive: Postgres, tmp_path: Path
) -> None:
    log = tmp_path / "ours.log"
    with Postgres(tmp_path / "ours", log=log, settings=QUICK | LOG_EVERYTHING) as server:
        server.create_database("analytics")
        # a folder below our own, which our server's processes do not stand in
        nearby = with_password(secretive).replace("host=", "host=%2Fproc%2Fself%2Fcwd")
        settings = replace(
            DEFAULTS,
            analytics_database_url=server.url("analytics"),
            source_database_url=nearby,
        )
        with contextlib.chdir("/"):
            sentence = refusal(settings)
        assert sentence
        assert sentence.startswith("The analytics server can't connect to MentorHub's by SOURCE_D")
        with connect(settings.analytics_url()) as ours:
            left = ask(ours, "SELECT to_regclass('public.users') IS NULL")
            assert left, "nothing is changed before the address is known to be good"
        copy(replace(settings, source_database_url=with_password(secretive)))
        with connect(settings.analytics_url()) as ours:
            mirror.unsubscribe(ours)
    said = log.read_text()
    assert "run_addressed" in said
    assert PASSWORD not in said
    assert quote(PASSWORD) not in said


def test_a_server_too_old_is_refused(
    any_databases: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.database.OLDEST_POSTGRES", 99)
    sentence = refusal(any_databases)
    assert sentence
    assert sentence.endswith("version 99 or newer is needed.")


def test_a_time_zone_that_the_server_does_not_know_is_refused(any_databases: Settings) -> None:
    sentence = refusal(replace(any_databases, timezone="Mars/Olympus_Mons"))
    assert sentence
    assert "'Mars/Olympus_Mons' is unknown to the analytics server or" in sentence


def test_what_is_published_is_what_a_dba_grants_and_what_the_mirror_holds(
    secretive: Postgres, postgres: Postgres, analytics_template: str
) -> None:
    run_by_hand(secretive.url("mentorhub"))
    with connect(secretive.url("mentorhub")) as source:
        granted = columns(
            source,
            "SELECT table_name, column_name FROM information_schema.column_privileges"
            " WHERE grantee = 'mentorhub_analytics'",
        )
        offered = columns(source, "SELECT tablename, unnest(attnames) FROM pg_publication_tables")
    with connect(postgres.url(analytics_template)) as ours:
        held = columns(
            ours,
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name <> 'w'"
            " AND table_name <> 'missing_column'",
        )
    listed = {(table, name) for table, names in published().items() for name in names}
    assert listed == held
    # in an installation of the first migration only
    assert listed - {("reviews", "mentor_id")} == granted == offered
    assert tuple(published()) == MIRRORED


def columns(connection: Connection, query: LiteralString) -> set[tuple[str, str]]:
    return set(connection.execute(query))


def test_every_schema_that_an_upgrade_drops_is_known_to_be_ours(
    postgres: Postgres, analytics_template: str
) -> None:
    with connect(postgres.url(analytics_template)) as ours:
        made = ask(
            ours,
            "SELECT array_agg(nspname::text) FROM pg_namespace WHERE oid >= 16384"
            " AND nspname !~ '^pg_'",
        )
    assert set(made) - {"kept"} == set(mirror.SCHEMAS)
