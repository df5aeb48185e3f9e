"""A server that is attacked from the loopback, and somebody else who goes on asking.

`ATTACK_SECONDS=30 pytest -s tests/attacks` attacks as long, and prints what it was like.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from ops.embedded import Postgres
from tests.api.server import Server, serving
from tests.attacks.victim import Attacked, Victim
from tests.conftest import DEFAULTS, database

SECONDS = float(os.environ.get("ATTACK_SECONDS", "2"))


@pytest.fixture(scope="module")
def server(
    postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with database(postgres, "test_attacks", analytics_template) as url:
        settings = replace(DEFAULTS, analytics_database_url=url)
        with serving(settings, tmp_path_factory.mktemp("attacks")) as server:
            yield server


@pytest.fixture
def attacked(server: Server) -> Iterator[Callable[[str], Attacked]]:
    """Watches the server and its victim from now on; in the end the victim was always answered."""
    with Victim(server) as victim:
        yield lambda name: Attacked(name, server, victim, SECONDS)
    assert victim.failed == []
    assert victim.waits
