"""A server that is attacked from the loopback, and somebody else who goes on asking.

`ATTACK_SECONDS=30 pytest -s tests/attacks` attacks as long, and prints what it was like.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.support.processes import wait_until
from tests.support.server import Server, server_of_a_module
from tests.support.victim import Attacked, Victim

SECONDS = float(os.environ.get("ATTACK_SECONDS", "2"))


server = server_of_a_module("test_attacks")


@pytest.fixture
def attacked(server: Server) -> Iterator[Callable[[str], Attacked]]:
    """Watches the server and its victim from now on; in the end the victim was always answered."""
    with Victim(server) as victim:

        def begin(name: str) -> Attacked:
            wait_until(lambda: len(victim.waits) >= 5 * SECONDS, SECONDS)
            return Attacked(name, server, victim, SECONDS)

        yield begin
    assert victim.failed == []
    assert victim.waits
