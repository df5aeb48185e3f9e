"""Server-sent events, over real connections to the real server."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psutil
import pytest

from api.live.stream import MOST_OF_A_USER
from shared.database import Connection, connect
from shared.registry import FAMILIES
from tests.support.processes import wait_until
from tests.support.server import Server, server_of_a_module
from tests.support.world import ADMIN, DEACTIVATED, LEARNER, MENTOR, OTHER_LEARNER, REVIEW, SESSION
from workers.fold import fold, worker_connection

server = server_of_a_module("test_stream")


@pytest.fixture(scope="module")
def ours(server: Server) -> Iterator[Connection]:
    """The owner's connection."""
    with connect(server.settings.analytics_url()) as connection:
        yield connection


@pytest.fixture(scope="module")
def folded(server: Server) -> Iterator[Callable[[], int]]:
    with worker_connection(server.settings) as worker:
        yield lambda: fold(worker)


class Listener:
    """Reads a stream until it ends or is closed."""

    def __init__(self, server: Server, user_id: int = ADMIN, **headers: str) -> None:
        self.client = server.client(user_id)
        self.response = self.client.listen(**headers)
        self.events: list[dict[str, Any]] = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        number = ""
        try:
            for line in self.response:
                name, _, value = line.decode().strip().partition(": ")
                if name == "id":
                    number = value
                elif name == "data":
                    self.events.append(json.loads(value) | {"id": number})
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        self.response.close()
        self.ended.set()

    def families(self) -> list[str]:
        return [event["family"] for event in self.events]

    def close(self) -> None:
        """The reading thread closes the response."""
        if self.client.socket:
            self.client.socket.shutdown(socket.SHUT_RDWR)
        self.ended.wait(5)
        self.client.close()


@pytest.fixture
def listen(server: Server) -> Iterator[Callable[..., Listener]]:
    opened: list[Listener] = []

    def listen(*arguments: Any, **headers: str) -> Listener:
        opened.append(Listener(server, *arguments, **headers))
        return opened[-1]

    yield listen
    for each in opened:
        each.close()


Listen = Callable[..., Listener]

NUMBERS = iter(range(1000, 2000))


UNTOUCHED = {"revenue", "user_growth", "metrics/payment_day", "metrics/user_day"}


def test_an_admin_hears_of_every_answer_and_then_of_those_that_change(
    ours: Connection, folded: Callable[[], int], listen: Listen
) -> None:
    admin = listen()
    assert admin.response.headers["Content-Type"] == "text/event-stream"
    assert wait_until(lambda: admin.families() == list(FAMILIES))

    before = len(admin.events)
    ours.execute(REVIEW, [next(NUMBERS), MENTOR])
    folded()
    assert wait_until(lambda: len(admin.events) > before)
    time.sleep(0.2)
    metrics = {"course_performance", "platform_total", "user_engagement"}
    changed = admin.families()[before:]
    assert changed[:3] == ["platform", "courses", "engagement"]
    assert {f"metrics/{name}" for name in metrics} <= set(changed[3:])
    assert UNTOUCHED.isdisjoint(changed), "of what no review or session is counted in"


def test_an_event_names_the_version_that_its_answer_has(server: Server, listen: Listen) -> None:
    admin = listen()
    assert wait_until(lambda: len(admin.events) == len(FAMILIES))

    platform = admin.events[0]
    tag = server.client().get("platform").headers["ETag"]
    assert platform.keys() == {"family", "version", "as_of", "id"}
    assert str(platform["version"]) in tag


def test_a_learner_hears_of_their_own_engagement_only(
    server: Server, ours: Connection, folded: Callable[[], int], listen: Listen
) -> None:
    learner, other = listen(LEARNER), listen(OTHER_LEARNER)
    assert wait_until(lambda: (learner.families(), other.families()) == (["engagement"],) * 2)
    ours.execute(REVIEW, [next(NUMBERS), LEARNER])
    folded()
    assert wait_until(lambda: len(learner.events) == 2)
    time.sleep(1)

    assert (learner.families(), other.families()) == (["engagement"] * 2, ["engagement"])
    written = server.client(LEARNER).get("me/engagement").body["reviews_written"]
    ours.execute(REVIEW, [next(NUMBERS), LEARNER])
    folded()
    assert wait_until(lambda: len(learner.events) == 3)
    assert server.client(LEARNER).get("me/engagement").body["reviews_written"] == written + 1


def test_who_comes_back_hears_of_what_was_missed_and_no_more(
    ours: Connection, folded: Callable[[], int], listen: Listen
) -> None:
    first = listen()
    assert wait_until(lambda: len(first.events) == len(FAMILIES))
    last = first.events[-1]["id"]
    first.close()
    ours.execute(SESSION, [next(NUMBERS), "COMPLETED"])
    folded()
    again = listen(**{"Last-Event-ID": last})
    metrics = {"mentor_day", "platform_total", "session_day", "user_engagement"}
    missed = {"platform", "sessions", "engagement", *(f"metrics/{name}" for name in metrics)}
    assert wait_until(lambda: missed <= set(again.families()))
    time.sleep(0.7)

    heard = again.families()
    assert heard[:3] == ["platform", "sessions", "engagement"]
    assert len(heard) == len(set(heard))
    assert UNTOUCHED.isdisjoint(heard)


def test_a_page_that_can_send_no_header_says_in_the_query_what_it_heard(
    ours: Connection, folded: Callable[[], int], listen: Listen
) -> None:
    first = listen()
    assert wait_until(lambda: len(first.events) == len(FAMILIES))
    last = first.events[-1]["id"]
    first.close()
    ours.execute(SESSION, [next(NUMBERS), "COMPLETED"])
    folded()
    again = listen(query=f"?lastEventId={last}")
    assert wait_until(lambda: len(again.events) >= 3)

    assert again.families()[:3] == ["platform", "sessions", "engagement"]


@pytest.mark.parametrize("known", ["", "x", "-1", "1e9", "9" * 40, "٣"])
def test_an_id_that_nobody_gave_is_none(listen: Listen, known: str) -> None:
    admin = listen(**{"Last-Event-ID": known.encode().decode("latin-1")})
    assert wait_until(lambda: len(admin.events) == len(FAMILIES))


def test_a_stream_ends_when_its_account_may_not_hear_it_any_more(
    ours: Connection, listen: Listen
) -> None:
    for change in (
        "UPDATE public.users SET role = 'STUDENT' WHERE id = 4",
        "UPDATE public.users SET is_active = false WHERE id = 4",
    ):
        ours.execute("UPDATE public.users SET role = 'ADMIN', is_active = true WHERE id = 4")
        time.sleep(0.2)
        promoted = listen(MENTOR)
        assert wait_until(lambda each=promoted: len(each.events) == len(FAMILIES))
        ours.execute(change)
        assert promoted.ended.wait(5), change


def test_streams_need_a_token_and_an_active_account(server: Server, listen: Listen) -> None:
    assert listen(DEACTIVATED).response.status == 403
    assert listen(999).response.status == 401
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        connection.request("GET", "/api/v1/analytics/stream")
        assert connection.getresponse().status == 401


def test_a_user_has_so_many_streams_and_gets_them_back(listen: Listen) -> None:
    opened = [listen(LEARNER) for _ in range(MOST_OF_A_USER)]
    assert [each.response.status for each in opened] == [200] * MOST_OF_A_USER
    refused = listen(LEARNER)
    assert refused.response.status == 429

    opened[0].close()
    assert wait_until(lambda: listen(LEARNER).response.status == 200)


def test_open_streams_take_no_thread(server: Server, listen: Listen) -> None:
    assert server.program.process
    workers = psutil.Process(server.program.process.pid).children(recursive=True)
    clients = [server.client() for _ in range(30)]

    def threads() -> int:
        return sum(worker.num_threads() for worker in workers)

    for client in clients:
        client.get("platform")
    before = threads()
    for user in (ADMIN, LEARNER, OTHER_LEARNER):
        for _ in range(MOST_OF_A_USER - 1):
            listen(user)
    assert threads() <= before + 8
    began = time.monotonic()
    assert server.client().get("platform").status == 200
    assert time.monotonic() - began < 1
