"""An enum's label renamed at MentorHub: values become others and no row changes."""

from collections.abc import Iterator

import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support.mentorhub import Installed, ask, check, fill, is_mirrored, tell
from workers.fold import fold, worker_connection
from workers.guard import Guard

RENAMED = (
    "ALTER TYPE sessionstatus RENAME VALUE 'NO_SHOW' TO 'MISSED'",
    "ALTER TYPE userrole RENAME VALUE 'MENTOR' TO 'COACH'",
    (
        "ALTER TYPE paymentstatus RENAME VALUE 'COMPLETED' TO 'x';"
        " ALTER TYPE paymentstatus RENAME VALUE 'REFUNDED' TO 'COMPLETED';"
        " ALTER TYPE paymentstatus RENAME VALUE 'x' TO 'REFUNDED'"
    ),
)


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda url: fill(url, users=60))


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    with installed.pair() as settings:
        yield settings


@pytest.mark.parametrize("renamed", RENAMED)
def test_as_of_stands_until_renamed_labels_are_in_the_answers(
    settings: Settings, renamed: str
) -> None:
    with Guard(settings) as guard, worker_connection(settings) as worker:
        guard.look()
        assert ask(worker, "SELECT control.replicated_until('5 s')") is not None
        tell(settings.source_url(), *renamed.split(";"))
        assert ask(worker, "SELECT control.replicated_until('0.1 s')") is None, "nothing is claimed"
        guard.look()
        assert is_mirrored(settings)
        fold(worker, 5)
        check(settings)


def test_an_account_whose_label_was_renamed_is_no_admin_any_more(settings: Settings) -> None:
    tell(settings.source_url(), "ALTER TYPE userrole RENAME VALUE 'ADMIN' TO 'CHIEF'")
    with Guard(settings) as guard, connect(settings.analytics_url()) as ours:
        guard.look()
        assert ask(ours, "SELECT count(*) FROM analytics.account WHERE role = 'admin'") == 0
