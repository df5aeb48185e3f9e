"""TRUNCATE empties a table for snapshots that are older than it, too: nobody may hold one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from shared.registry import STEPS
from shared.settings import Settings
from tests.support.databases import database
from tests.support.hand import Hand
from tests.support.history import Stage
from tests.support.processes import wait_until
from tests.support.stage import fold_once, held, prepared, waiting
from workers.audit import audit
from workers.rebuild import rebuild


@pytest.fixture
def stage(postgres: Postgres, analytics_template: str) -> Iterator[Stage]:
    with database(postgres, "test_truncation", analytics_template) as url, prepared(url) as stage:
        yield stage


def audit_and_repair(settings: Settings) -> int:
    return audit(settings, repair=True).wrong


def truncate(settings: Settings) -> None:
    with connect(settings.analytics_url()) as connection, connection.transaction():
        connection.execute("TRUNCATE public.sessions, public.payments")


@pytest.mark.parametrize(
    ("work", "mode"),
    [(audit_and_repair, "ACCESS EXCLUSIVE"), (rebuild, "ACCESS EXCLUSIVE"), (fold_once, "SHARE")],
    ids=["audit", "rebuild", "fold"],
)
def test_a_table_truncated_meanwhile_is_subtracted_once(
    stage: Stage, work: Callable[[Settings], int], mode: LiteralString
) -> None:
    hand = Hand(stage.settings.analytics_url())
    with hand:
        assert wait_until(lambda: hand.transactions > 100)
    fold_once(stage.settings)
    stage.ours.execute("UPDATE public.users SET is_verified = NOT is_verified")
    with ThreadPoolExecutor(2) as pool:
        with held(stage, "analytics", "platform_total", mode) as holder:
            working = pool.submit(work, stage.settings)
            assert wait_until(lambda: bool(waiting(stage, holder)))
            truncating = pool.submit(truncate, stage.settings)
            wait_until(truncating.done, 0.5)
        truncating.result()
        working.result()
    assert stage.drift(STEPS) == {}
