"""Answers so large that each would take what others need, asked for by many at once."""

import http.client
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests.support.processes import wait_until
from tests.support.server import ROOT, Server, server_of_a_module
from tests.support.tokens import bearer, sign
from tests.support.victim import Attacked, raw
from tests.support.world import ADMIN, LEARNER

MANY_COURSES = (
    "INSERT INTO public.courses (id, title, is_active)"
    " SELECT n, 'Питон для начинающих ' || n, true FROM generate_series(3, 100002) AS n"
)

MOST_MEMORY = 400
"""MB of the API and all its processes."""


server = server_of_a_module("test_exports", more=MANY_COURSES)


def ask(server: Server, place: str, user_id: int = ADMIN) -> tuple[int, str | None, int]:
    """Status, Retry-After and how many bytes came, read as fast as they come."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=200)) as connection:
        connection.request("GET", f"{ROOT}/{place}", headers=bearer(sign(user_id)))
        response = connection.getresponse()
        size = 0
        while data := response.read(2**16):
            size += len(data)
        return response.status, response.headers["Retry-After"], size


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("8 workbooks and 50 CSV", ["courses?format=xlsx"] * 8 + ["courses?format=csv"] * 50),
        ("50 lists of all courses", ["courses", "courses?sort=title&order=desc"] * 25),
    ],
)
def test_others_do_not_notice_large_answers(
    server: Server, attacked: Callable[[str], Attacked], name: str, places: list[str]
) -> None:
    attack = attacked(f"{name} of 100,000 courses at once")
    answers: Counter[tuple[int, str | None]] = Counter()
    with ThreadPoolExecutor(len(places)) as pool:

        def all_at_once() -> None:
            for status, after, size in pool.map(lambda place: ask(server, place), places):
                answers[status, after] += 1
                assert status == 503 or size > 1_000_000
            time.sleep(0.5)

        attack.repeat(all_at_once)
    attack.grown()
    sys.stdout.write(f"{dict(answers)}\n")

    assert {status for status, _ in answers} == {200, 503}
    assert all(after for status, after in answers if status == 503)
    assert attack.peak < MOST_MEMORY


def test_large_answers_that_nobody_reads_are_held_in_files_and_let_go(
    server: Server, attacked: Callable[[str], Attacked]
) -> None:
    """A list of all courses has 19 MB."""
    attack = attacked("16 lists of 100,000 courses that nobody reads")
    with ExitStack() as clients:

        def ask_and_read_nothing() -> bool:
            client = clients.enter_context(closing(socket.socket()))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(60)
            client.connect(("127.0.0.1", server.port))
            client.sendall(raw(ADMIN, "courses"))
            return client.recv(12)[9:] == b"503"

        with ThreadPoolExecutor(4) as pool:
            refused = list(pool.map(lambda _: ask_and_read_nothing(), range(20)))
        assert refused.count(False) == 16, "as many files as there may be"
        attack.repeat(lambda: time.sleep(0.1))
        # two helpers, which stay, and not 16 answers
        assert attack.grown() < 230
    assert wait_until(lambda: ask(server, "courses?format=csv")[0] == 200)


def test_others_do_not_notice_small_workbooks(
    server: Server, attacked: Callable[[str], Attacked]
) -> None:
    attack = attacked("workbooks of one learner")
    with ThreadPoolExecutor(20) as pool:

        def ask_often() -> None:
            place = "me/engagement?format=xlsx"
            asked = pool.map(lambda _: ask(server, place, LEARNER), range(100))
            assert {status for status, _, _ in asked} <= {200, 503}

        attack.repeat(ask_often)
    attack.grown()
    assert attack.peak < MOST_MEMORY
