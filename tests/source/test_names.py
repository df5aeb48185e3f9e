"""Tables and columns that MentorHub calls otherwise: one file of names, and all else follows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops import demo
from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.installations import OTHER_BINARIES
from tests.support.mentorhub import NOW, QUICK, ask, catch_up, check, pair, rows, tell
from workers import mirror
from workers.fold import worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mentorhub import names_of
from workers.mirror_audit import audit_mirror
from workers.names import AS_OURS, FILE, Names

NAMES = """
[users]
table = "accounts"
username = "login"
role = "order"          # a word that SQL has itself

[sessions]
table = "Bookings"
mentor_id = "coach"
created_at = "made at"

[payments]
amount = "cents"
"""

RENAMED = (
    "ALTER TABLE users RENAME username TO login",
    'ALTER TABLE users RENAME role TO "order"',
    "ALTER TABLE users RENAME TO accounts",
    "ALTER TABLE sessions RENAME mentor_id TO coach",
    'ALTER TABLE sessions RENAME created_at TO "made at"',
    'ALTER TABLE sessions RENAME TO "Bookings"',
    "ALTER TABLE payments RENAME amount TO cents",
)

WORK = (
    "UPDATE accounts SET login = login || '!', is_verified = NOT is_verified WHERE id % 3 = 0",
    """DELETE FROM accounts WHERE id % 9 = 0 AND "order" = 'STUDENT'""",
    """UPDATE "Bookings" SET status = 'COMPLETED', coach = 1 WHERE id % 2 = 0""",
    """DELETE FROM "Bookings" WHERE id % 5 = 0""",
    (
        "INSERT INTO payments (student_id, mentor_id, cents, currency, status, created_at)"
        " SELECT student_id, mentor_id, cents / 2, currency, 'COMPLETED', created_at FROM payments"
    ),
)


@pytest.fixture(scope="module", params=["", OTHER_BINARIES], ids=["newest", "other"])
def server(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres]:
    """Everybody's, and an older one."""
    if not request.param:
        yield postgres
        return
    if not OTHER_BINARIES.is_dir():
        pytest.skip(f"{OTHER_BINARIES} is not there")
    folder = tmp_path_factory.mktemp("other") / "data"
    with Postgres(folder, binaries=OTHER_BINARIES, settings=QUICK) as other:
        yield other


@pytest.fixture(scope="module")
def template(server: Postgres) -> str:
    server.create_database("mentorhub_to_rename")
    demo.fill(server.url("mentorhub_to_rename"), users=60, seed=1, until=NOW)
    return "mentorhub_to_rename"


@pytest.fixture
def settings(server: Postgres, template: str, tmp_path: Path) -> Iterator[Settings]:
    """Not installed; MentorHub's tables have their old names, and the mapping the new ones."""
    with pair(server, server, template) as settings:
        (tmp_path / FILE).write_text(NAMES)
        yield replace(settings, mapping=tmp_path)


def truth(settings: Settings) -> dict[str, list[dict[str, object]]]:
    """MentorHub's rows by our names."""
    names = names_of(settings.mapping)
    found = rows(settings.source_url(), names)
    return {
        table: [
            {
                **row,
                **{
                    ours: row[theirs] for (of, ours), theirs in names.columns.items() if of == table
                },
            }
            for row in entries
        ]
        for table, entries in found.items()
    }


def check_renamed(settings: Settings) -> None:
    catch_up(settings)
    check(settings, truth(settings))
    with worker_connection(settings) as worker:
        assert audit_mirror(worker, everything=True, repair=False) == []


def test_renamed_tables_and_columns_are_followed_by_their_new_names(settings: Settings) -> None:
    tell(settings.source_url(), *RENAMED)
    install(settings)
    check_renamed(settings)
    tell(settings.source_url(), *WORK)
    check_renamed(settings)
    with connect(settings.analytics_url()) as ours:
        mirror.unsubscribe(ours)
    tell(settings.source_url(), *WORK[1:])
    with Guard(settings) as guard:
        guard.look()
    check_renamed(settings)
    tell(settings.source_url(), 'TRUNCATE "Bookings" CASCADE')
    check_renamed(settings)


def test_a_migration_that_renames_is_followed_and_one_back_too(settings: Settings) -> None:
    before = replace(settings, mapping=None)
    install(before)
    tell(settings.source_url(), *RENAMED)
    with pytest.raises(ConfigurationError, match=r'write `table = "NAME"` below \[sessions\]'):
        install(before)
    install(settings)
    check_renamed(settings)
    tell(
        settings.source_url(),
        "ALTER TABLE accounts RENAME TO users",
        "ALTER TABLE users RENAME login TO username",
        'ALTER TABLE users RENAME "order" TO role',
        'ALTER TABLE "Bookings" RENAME TO sessions',
        "ALTER TABLE sessions RENAME coach TO mentor_id",
        'ALTER TABLE sessions RENAME "made at" TO created_at',
        "ALTER TABLE payments RENAME cents TO amount",
    )
    install(before)
    catch_up(before)
    check(before)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT to_regclass('public.accounts')") is None


def test_a_demotion_counts_under_another_name_too(settings: Settings) -> None:
    tell(settings.source_url(), *RENAMED)
    install(settings)
    tell(settings.source_url(), """UPDATE accounts SET "order" = 'STUDENT'""")
    catch_up(settings)
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT count(*) FROM analytics.account WHERE role = 'admin'") == 0


MISTAKES = {
    "[users": "can't be read",
    "[people]": "analytics has no table people: choose among course_enrollments, ",
    "users = 1": "analytics has no table users",
    '[users]\nemail = "mail"': "email of users can't be another at MentorHub: choose among table, ",
    '[users]\nid = "number"': "id of users can't be another at MentorHub",
    "[users]\nusername = 5": "username of users must be a name in quotes.",
    '[users]\nusername = "role"': "username of users can't be MentorHub's role",
    '[users]\nusername = "a"\nrole = "a"': "two columns of users are the same at MentorHub.",
    '[users]\ntable = "reviews"': "users can't be MentorHub's reviews",
    '[users]\ntable = "a"\n[reviews]\ntable = "a"': "two tables are the same at MentorHub.",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_the_names_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        names_of(tmp_path)
    assert MISTAKES[text] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_a_file_or_with_equal_names_all_is_as_ours(tmp_path: Path) -> None:
    assert names_of(None) == names_of(tmp_path) == AS_OURS
    (tmp_path / FILE).write_text('[users]\ntable = "users"\nusername = "username"\n')
    assert names_of(tmp_path) == AS_OURS == Names()
