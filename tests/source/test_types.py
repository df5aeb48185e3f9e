"""The mirror is never stricter than its source: other types, widths, NULLs, kinds of tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.mentorhub import (
    QUICK,
    ROWS,
    ask,
    catch_up,
    check,
    is_mirrored,
    pair,
    rows,
    seen,
    tell,
)
from workers.guard import Guard
from workers.install import install

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def settings(postgres: Postgres) -> Iterator[Settings]:
    with pair(postgres, postgres) as settings:
        tell(settings.source_url(), *ROWS)
        yield settings


def retype(settings: Settings, table: str, column: str, type_name: str, using: str = "") -> None:
    tell(
        settings.source_url(),
        f"ALTER TABLE {table} ALTER {column} DROP DEFAULT",
        f"ALTER TABLE {table} ALTER {column} TYPE {type_name}"
        f" USING {using or column}::text::{type_name}",
    )


def test_labels_of_char_n_count_without_their_blanks(settings: Settings) -> None:
    truth = rows(settings.source_url())
    retype(settings, "users", "role", "char(10)")
    retype(settings, "sessions", "status", "char(12)")
    retype(settings, "payments", "status", "char(12)")
    retype(settings, "payments", "currency", "char(5)")
    install(settings)
    check(settings, truth)
    tell(
        settings.source_url(),
        "UPDATE sessions SET status = 'COMPLETED'",
        "UPDATE users SET role = 'MENTOR' WHERE id = 2",
    )
    truth["users"][1]["role"] = "MENTOR"
    for session in truth["sessions"]:
        session["status"] = "COMPLETED"
    catch_up(settings)
    check(settings, truth)
    assert is_mirrored(settings)


def test_widths_domains_and_flags_of_other_types_are_taken_as_they_are(settings: Settings) -> None:
    truth = rows(settings.source_url())
    tell(
        settings.source_url(),
        "CREATE DOMAIN minutes AS integer CHECK (value >= 0)",
        "CREATE DOMAIN short_minutes AS minutes CHECK (value < 1000)",
        "ALTER TABLE courses ALTER id TYPE bigint",
    )
    retype(settings, "sessions", "duration_minutes", "short_minutes")
    retype(settings, "users", "is_verified", "smallint", "is_verified::integer")
    retype(settings, "course_enrollments", "completed", "varchar(5)")
    retype(settings, "course_enrollments", "progress_percent", "real")
    tell(settings.source_url(), "ALTER TABLE reviews DROP CONSTRAINT reviews_rating_check")
    retype(settings, "reviews", "rating", "double precision")
    retype(settings, "payments", "amount", "numeric")
    install(settings)
    check(settings, truth)
    tell(
        settings.source_url(),
        "UPDATE users SET is_verified = 0",
        "UPDATE course_enrollments SET progress_percent = 75, completed = 'true'",
        "UPDATE reviews SET rating = 'NaN'",
        "UPDATE reviews SET rating = 5",
        "INSERT INTO payments (student_id, mentor_id, amount, currency, status, created_at)"
        " SELECT 2, 1, amount, 'RUB', 'COMPLETED', '2026-03-10 08:00:00+00'"
        " FROM unnest('{NaN,1e200}'::numeric[]) AS amount",
    )
    for user in truth["users"]:
        user["is_verified"] = False
    truth["course_enrollments"][0] |= {"progress_percent": 75, "completed": True}
    truth["reviews"][0]["rating"] = 5
    catch_up(settings)
    check(settings, truth)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT count(*) FROM analytics.unusable_row") == 2


def test_a_null_that_mentorhub_has_not_today_is_one_row_more(settings: Settings) -> None:
    install(settings)
    tell(
        settings.source_url(),
        "DROP PUBLICATION mentorhub_analytics",
        "ALTER TABLE users ALTER is_verified DROP NOT NULL, ALTER role DROP NOT NULL",
        "INSERT INTO users (username, email, hashed_password, is_verified, created_at)"
        " VALUES ('nobody', 'n', 'x', NULL, '2026-03-10 08:00:00+00')",
    )
    truth = rows(settings.source_url())
    truth["users"][-1]["is_verified"] = False
    install(settings)
    check(settings, truth)


def test_a_value_that_became_wider_under_a_publication_made_by_hand_is_applied(
    settings: Settings,
) -> None:
    install(settings)
    with connect(settings.source_url()) as theirs:
        publication = ask(
            theirs,
            "SELECT string_agg("
            "format('public.%%I (%%s)', tablename,"
            " (SELECT string_agg(quote_ident(name), ', ') FROM unnest(attnames) AS name)), ', ')"
            " FROM pg_publication_tables WHERE pubname = %s",
            "mentorhub_analytics",
        )
        theirs.execute("BEGIN")
        theirs.execute("DROP PUBLICATION mentorhub_analytics")
        theirs.execute("ALTER TABLE payments ALTER amount TYPE bigint")
        theirs.execute(
            f"CREATE PUBLICATION mentorhub_analytics FOR TABLE {publication}"
            " WITH (publish_via_partition_root = true)".encode()
        )
        theirs.execute("COMMIT")
    tell(
        settings.source_url(),
        "INSERT INTO payments (student_id, mentor_id, amount, currency, status, created_at)"
        " VALUES (2, 1, 9000000000000, 'RUB', 'COMPLETED', '2026-03-10 08:00:00+00')",
    )
    catch_up(settings)
    check(settings)


def test_a_table_in_parts_is_followed_as_one(settings: Settings) -> None:
    tell(
        settings.source_url(),
        "ALTER TABLE payments RENAME TO payments_old",
        "CREATE TABLE payments (LIKE payments_old INCLUDING DEFAULTS, PRIMARY KEY (id))"
        " PARTITION BY RANGE (id)",
        "CREATE TABLE payments_low PARTITION OF payments FOR VALUES FROM (0) TO (1000)",
        "CREATE TABLE payments_high PARTITION OF payments DEFAULT",
        "INSERT INTO payments SELECT * FROM payments_old",
        "DROP TABLE payments_old CASCADE",
    )
    install(settings)
    check(settings)
    tell(
        settings.source_url(),
        "INSERT INTO payments (id, student_id, mentor_id, amount, currency, status, created_at)"
        " SELECT n, 2, 1, n, 'RUB', 'COMPLETED', '2026-03-10 08:00:00+00'"
        " FROM generate_series(995, 1005) AS n",
        "UPDATE payments SET id = id + 5000 WHERE id = 1",
        "DELETE FROM payments WHERE id = 1005",
    )
    catch_up(settings)
    check(settings)
    tell(settings.source_url(), "TRUNCATE payments")
    catch_up(settings)
    check(settings)


IN_PARTS = (
    "ALTER TABLE payments RENAME TO payments_old",
    (
        "CREATE TABLE payments (LIKE payments_old INCLUDING DEFAULTS, PRIMARY KEY (id, created_at))"
        " PARTITION BY RANGE (created_at)"
    ),
    "CREATE TABLE of_then PARTITION OF payments FOR VALUES FROM ('2020-01-01') TO ('2026-03-10')",
    "CREATE TABLE of_now PARTITION OF payments DEFAULT",
    "INSERT INTO payments SELECT * FROM payments_old",
    "DROP TABLE payments_old CASCADE",
)
"""By time, so that the primary key is more than the id."""

UPDATED = "UPDATE payments SET amount = amount + 1, created_at = created_at - interval '9 hours'"


def test_rows_that_are_told_apart_by_more_than_id_are_followed(settings: Settings) -> None:
    tell(
        settings.source_url(),
        *IN_PARTS,
        "CREATE TABLE kept AS SELECT * FROM payments",
        "UPDATE kept SET created_at = '2026-03-09'",
        "INSERT INTO payments SELECT * FROM kept",
    )
    with pytest.raises(ConfigurationError, match="MentorHub's payments has several rows of one id"):
        install(settings)
    tell(settings.source_url(), "TRUNCATE of_then")
    install(settings)
    tell(settings.source_url(), UPDATED, UPDATED, "DELETE FROM of_then WHERE id > 1")
    catch_up(settings)
    check(settings)
    assert is_mirrored(settings)


@pytest.mark.parametrize("identity", ["FULL", "NOTHING", "USING INDEX by_time"])
def test_a_part_whose_updates_would_fail_is_named_with_what_mends_it(
    settings: Settings, identity: str
) -> None:
    tell(
        settings.source_url(),
        *IN_PARTS,
        "CREATE UNIQUE INDEX by_time ON of_now (updated_at)",
        f"ALTER TABLE of_now REPLICA IDENTITY {identity}",
    )
    with pytest.raises(
        ConfigurationError, match=r"MentorHub's table public\.of_now does not tell"
    ) as refused:
        install(settings)
    tell(settings.source_url(), str(refused.value).split("`")[1])
    install(settings)
    tell(settings.source_url(), UPDATED)
    catch_up(settings)
    check(settings)


HEIR = "CREATE TABLE payments_old () INHERITS (payments)"


def test_a_table_with_heirs_is_refused_and_nothing_is_claimed_while_it_has_some(
    settings: Settings,
) -> None:
    install(settings)
    tell(settings.source_url(), HEIR)
    with Guard(settings) as guard:
        sentence = seen(guard, settings)
        assert sentence
        assert sentence.startswith("MentorHub's table payments is inherited by payments_old, whose")
        with pytest.raises(ConfigurationError, match="is inherited by payments_old"):
            install(settings)
        # its rows come with none of the table's own, and MentorHub may write them as before
        tell(
            settings.source_url(),
            "INSERT INTO payments_old SELECT * FROM payments",
            "UPDATE payments SET amount = amount + 1",
        )
        with connect(settings.analytics_url()) as ours:
            assert ask(ours, "SELECT control.replicated_until('0.1 s')") is None
    tell(settings.source_url(), "DROP TABLE payments_old")
    catch_up(settings)
    check(settings)


def test_labels_below_any_type_that_are_renamed_are_noticed(settings: Settings) -> None:
    tell(
        settings.source_url(),
        "CREATE DOMAIN outcome AS sessionstatus",
        "CREATE DOMAIN known_outcome AS outcome NOT NULL",
    )
    retype(settings, "sessions", "status", "known_outcome")
    install(settings)
    tell(settings.source_url(), "ALTER TYPE sessionstatus RENAME VALUE 'NO_SHOW' TO 'MISSED'")
    catch_up(settings)
    check(settings)


LABELS = (
    ("sessions", "status"),
    ("payments", "status"),
    ("payments", "currency"),
    ("payments", "payment_method"),
)


def test_a_label_without_end_is_counted_by_what_it_begins_with(settings: Settings) -> None:
    for table, column in LABELS:
        retype(settings, table, column, "text")
    install(settings)
    tell(
        settings.source_url(),
        "CREATE FUNCTION letters() RETURNS text LANGUAGE sql RETURN"
        " (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) AS n)",
        *(f"UPDATE {table} SET {column} = letters() WHERE id <> 2" for table, column in LABELS),  # noqa: S608
    )
    truth = rows(settings.source_url())
    for session in truth["sessions"]:
        session["status"] = session["status"][:200]
    catch_up(settings)
    check(settings, truth)


@pytest.mark.parametrize(
    ("table", "column", "type_name", "sentence"),
    [
        ("reviews", "id", "varchar(20)", "MentorHub's reviews.id is of type varchar: analytics"),
        ("sessions", "created_at", "varchar(40)", "A mapping doesn't fit MentorHub's tables (fun"),
    ],
)
def test_a_type_that_is_not_supported_is_said_in_one_sentence(
    settings: Settings, table: str, column: str, type_name: str, sentence: str
) -> None:
    if column == "id":
        tell(settings.source_url(), f"ALTER TABLE {table} ALTER id DROP IDENTITY")
    retype(settings, table, column, type_name)
    with pytest.raises(ConfigurationError) as refused:
        install(settings)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_generated_column_is_followed_by_18_and_refused_before_with_what_to_do(
    postgres: Postgres, tmp_path: Path
) -> None:
    drop = "ALTER TABLE users DROP is_verified"
    add = "ALTER TABLE users ADD is_verified boolean NOT NULL GENERATED ALWAYS AS (id > 1)"
    generated = (drop, f"{add} STORED")
    with pair(postgres, postgres) as settings:
        tell(settings.source_url(), *ROWS)
        if postgres_version(settings) >= 180000:
            tell(settings.source_url(), drop, f"{add} VIRTUAL")
            tell(settings.source_url(), refused_as_generated(settings))
            install(settings)
            check(settings)
            with connect(settings.analytics_url()) as ours:
                assert ask(ours, "SELECT count(*) FROM users WHERE NOT is_verified") == 1
    if not (POSTGRES_15 / "postgres").exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {POSTGRES_15}")
    with (
        Postgres(tmp_path / "theirs", binaries=POSTGRES_15, settings=QUICK) as theirs,
        pair(theirs, postgres) as settings,
    ):
        tell(settings.source_url(), *ROWS, *generated)
        tell(settings.source_url(), refused_as_generated(settings))
        install(settings)
        check(settings)


def refused_as_generated(settings: Settings) -> str:
    """What the sentence says to run."""
    with pytest.raises(ConfigurationError, match=r"users\.is_verified is a generated") as refused:
        install(settings)
    return str(refused.value).split("`")[1]


def postgres_version(settings: Settings) -> int:
    with connect(settings.source_url()) as theirs:
        return theirs.info.server_version
