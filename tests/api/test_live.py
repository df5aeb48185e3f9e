"""The API as it runs: from memory and Redis, while changes are folded beside it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from redis import Redis as RedisClient

from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.browser import Browser
from tests.support.processes import wait_until
from tests.support.server import Answer, Client, Server, server_of_a_module
from tests.support.world import ADMIN, LEARNER, MENTOR, OTHER_LEARNER, SESSION
from workers.fold import fold, worker_connection

PLACES = ("platform", "user-growth", "sessions", "courses", "revenue", "user/2/engagement")

PAYMENT = (
    "INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)"
    " VALUES (%s, 2, 100, 'RUB', 'COMPLETED', now())"
)
AN_ADMIN = (
    "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
    " VALUES (1, 'admin', 'ADMIN', true, true, now())"
)


NUMBERS = iter(range(1000, 1_000_000))


server = server_of_a_module("test_live")


@pytest.fixture
def ours(server: Server) -> Iterator[Connection]:
    """The owner's connection."""
    with connect(server.settings.analytics_url()) as connection:
        yield connection


@pytest.fixture
def folded(server: Server) -> Iterator[Callable[[], int]]:
    with worker_connection(server.settings) as worker:
        yield lambda: fold(worker)


@pytest.fixture
def admin(server: Server) -> Iterator[Client]:
    client = server.client()
    yield client
    client.close()


def total(client: Client, place: str = "sessions") -> int:
    """Sessions there are."""
    return client.get(place).body["analytics"]["total"]


def test_an_answer_is_read_once_until_something_changes(
    ours: Connection, admin: Client, folded: Callable[[], int]
) -> None:
    first = {place: admin.get(place) for place in PLACES}
    # what the database would say now, if anybody asked it
    ours.execute("UPDATE analytics.platform_total SET users = users + 1")
    again = {place: admin.get(place).text for place in PLACES}
    assert again == {place: each.text for place, each in first.items()}
    ours.execute(SESSION, [next(NUMBERS), "COMPLETED"])
    folded()
    users = first["platform"].body["users"]["total"]
    assert wait_until(lambda: admin.get("platform").body["users"]["total"] == users + 1)
    assert admin.get("courses").text == first["courses"].text
    ours.execute("UPDATE analytics.platform_total SET users = users - 1")


def test_the_next_process_finds_in_redis_what_the_last_one_read(
    server: Server, ours: Connection
) -> None:
    first = server.client().get("sessions?days=7")
    assert server.client().get("sessions?days=7").text == first.text
    ours.execute("UPDATE analytics.session_day SET sessions = sessions + 1")
    server.program.stop()
    server.program.start()
    assert wait_until(server.is_ready)
    second = server.client().get("sessions?days=7")
    ours.execute("UPDATE analytics.session_day SET sessions = sessions - 1")

    assert (second.text, second.headers["ETag"]) == (first.text, first.headers["ETag"])


def test_without_redis_answers_are_right_and_with_it_again_too(
    server: Server, ours: Connection, admin: Client, folded: Callable[[], int]
) -> None:
    server.redis.stop()
    before = total(admin)
    for number in range(1, 4):
        ours.execute(SESSION, [next(NUMBERS), "COMPLETED"])
        folded()
        assert wait_until(lambda due=before + number: total(admin) == due)
    server.redis.start()
    assert [admin.get(place).status for place in PLACES] == [200] * len(PLACES)


def test_a_demoted_admin_loses_what_is_in_memory(ours: Connection, admin: Client) -> None:
    assert admin.get("platform").status == 200
    for change, status in (
        ("UPDATE public.users SET role = 'STUDENT' WHERE id = 1", 403),
        ("UPDATE public.users SET role = 'ADMIN' WHERE id = 1", 200),
        ("UPDATE public.users SET is_active = false WHERE id = 1", 403),
        ("UPDATE public.users SET is_active = true WHERE id = 1", 200),
        ("DELETE FROM public.users WHERE id = 1", 401),
        (AN_ADMIN, 200),
    ):
        ours.execute(change)
        assert wait_until(lambda due=status: admin.get("platform").status == due), change


def test_a_mentor_who_is_none_any_more_loses_what_is_in_memory(
    server: Server, ours: Connection
) -> None:
    mentor = server.client(MENTOR)
    place = "metrics/session_outcome?mentor_id=5"
    for change, status in (
        ("SELECT", 200),
        ("DELETE FROM public.mentors WHERE id = 5", 403),
        ("INSERT INTO public.mentors (id, user_id) VALUES (5, 4)", 200),
        ("UPDATE public.mentors SET user_id = 3 WHERE id = 5", 403),
        ("UPDATE public.mentors SET user_id = 4 WHERE id = 5", 200),
    ):
        ours.execute(change.encode())
        assert wait_until(lambda due=status: mentor.get(place).status == due), change
    mentor.close()


def test_nobody_gets_what_is_in_memory_for_others(server: Server, admin: Client) -> None:
    learner = server.client(LEARNER)
    assert admin.get("platform").status == 200
    assert learner.get("platform").status == 403
    assert learner.get("me/engagement").body["user_id"] == LEARNER
    assert admin.get("me/engagement").body["user_id"] == ADMIN
    assert server.client(OTHER_LEARNER).get("user/2/engagement").status == 403


def test_who_has_the_answer_in_memory_gets_304(admin: Client) -> None:
    tag = admin.get("revenue").headers["ETag"]
    answer = admin.get("revenue", **{"If-None-Match": tag})

    assert (answer.status, answer.text) == (304, "")
    assert answer.headers["ETag"] == tag


@pytest.mark.parametrize("place", ["platform", "sessions", "user/2/engagement", "me/engagement"])
def test_a_page_that_polls_shows_the_new_number_at_its_next_poll(
    server: Server, ours: Connection, folded: Callable[[], int], place: str
) -> None:
    browser = Browser()
    client = server.client(LEARNER if place.startswith("me") else ADMIN)
    first = browser.get(client, place)
    assert browser.get(client, place) == first
    assert browser.wire == [200, 304], "what it has is confirmed, and not sent again"

    ours.execute(SESSION, (next(NUMBERS), "COMPLETED"))
    assert folded()
    tag = first.headers["ETag"]
    assert wait_until(lambda: client.get(place).headers["ETag"] != tag)
    shown = browser.get(client, place)
    assert (shown.status, browser.wire) == (200, [200, 304, 200])
    assert shown.body == client.get(place).body != first.body


def test_a_browser_shows_nobody_what_another_one_had(server: Server) -> None:
    browser = Browser()
    for user_id in (LEARNER, OTHER_LEARNER, LEARNER):
        client = server.client(user_id)
        assert browser.get(client, "me/engagement").body["user_id"] == user_id
    assert browser.wire == [200, 200, 200]


def test_a_browser_shows_no_file_for_a_page(admin: Client) -> None:
    browser = Browser()
    assert browser.get(admin, "sessions", Accept="text/csv").text.startswith("\ufeffsection,")
    assert "analytics" in browser.get(admin, "sessions", Accept="application/json").body


def test_while_the_database_is_away_nothing_is_served_and_then_everything(
    server: Server, ours: Connection, admin: Client
) -> None:
    assert admin.get("platform").status == 200
    (name,) = ours.execute("SELECT current_database()").fetchone() or ("",)
    with connect(server.settings.analytics_url().replace(name, "postgres")) as elsewhere:
        elsewhere.execute("ALTER DATABASE test_live ALLOW_CONNECTIONS false")
        elsewhere.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        assert wait_until(lambda: admin.get("platform").status == 503)
        elsewhere.execute("ALTER DATABASE test_live ALLOW_CONNECTIONS true")
    assert wait_until(lambda: admin.get("platform").status == 200)


def test_min_as_of_waits_for_the_fold(
    ours: Connection, admin: Client, folded: Callable[[], int]
) -> None:
    before = total(admin)
    ours.execute(SESSION, [next(NUMBERS), "COMPLETED"])
    now = datetime.now(UTC)
    threading.Timer(0.5, folded).start()
    began = time.monotonic()
    answer = admin.get(f"sessions?min_as_of={_text(now)}")

    assert (answer.status, answer.body["analytics"]["total"]) == (200, before + 1)
    assert answer.as_of >= now - timedelta(milliseconds=1)
    assert 0.4 < time.monotonic() - began < 4


def test_min_as_of_does_not_wait_for_ever_nor_hold_a_thread(server: Server, admin: Client) -> None:
    place = f"sessions?min_as_of={_text(datetime.now(UTC) + timedelta(hours=1))}"
    waiting = [threading.Thread(target=server.client().get, args=[place]) for _ in range(20)]
    for thread in waiting:
        thread.start()
    began = time.monotonic()
    assert admin.get("platform").status == 200
    assert time.monotonic() - began < 2
    answer = admin.get(place)
    for thread in waiting:
        thread.join()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.body["type"] == "/problems/not-yet"


def test_max_staleness_refuses_what_is_older(admin: Client, folded: Callable[[], int]) -> None:
    folded()
    assert admin.get("platform?max_staleness=60").status == 200
    assert wait_until(lambda: admin.get("platform?max_staleness=1").status == 503)
    # once more where that alone takes a second
    assert wait_until(lambda: folded() >= 0 and admin.get("platform?max_staleness=1").status == 200)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+", "%2B")


class Change:
    """Writes and folds without a pause, and remembers when what was committed."""

    def __init__(self, settings: Settings, rate: float) -> None:
        self._settings, self._pause = settings, 1 / rate
        self.done = threading.Event()
        self.committed: list[datetime] = []
        self._threads = [threading.Thread(target=each) for each in (self._write, self._fold)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with connect(self._settings.analytics_url()) as connection:
            while not self.done.wait(self._pause):
                number = next(NUMBERS)
                with connection.transaction():
                    connection.execute(SESSION, [number, ("COMPLETED", "SCHEDULED")[number % 2]])
                    connection.execute(PAYMENT, [number])
                self.committed.append(datetime.now(UTC))

    def _fold(self) -> None:
        with worker_connection(self._settings) as worker:
            while not self.done.is_set():
                fold(worker)


class Reader(threading.Thread):
    """One client that polls, and everything it was ever sent."""

    def __init__(self, server: Server, places: tuple[str, ...], done: threading.Event) -> None:
        super().__init__()
        self._client, self._places, self._done = server.client(), places, done
        self.answers: list[tuple[str, Answer]] = []

    def run(self) -> None:
        while not self._done.is_set():
            for place in self._places:
                self.answers.append((place, self._client.get(place)))


def counted(place: str, body: dict[str, Any]) -> tuple[int, int]:
    """What the writer adds to, by the body's own total and by the sum of its parts."""
    if place == "platform":
        # a payment comes with each session, and is a rouble
        return body["sessions"]["total"], round(body["revenue"]["total"])
    analytics = body["analytics"]
    if place.startswith("sessions"):
        return analytics["total"], sum(analytics["by_status"].values())
    parts = sum(entry["revenue"] for entry in analytics["daily_revenue"])
    return analytics["transaction_count"], round(parts)


@pytest.mark.parametrize("accident", ["none", "wiped", "killed"])
def test_no_answer_ever_is_older_than_it_says_nor_mixed_nor_goes_back(
    server: Server, accident: str
) -> None:
    places = ("platform", "sessions?days=30", "revenue?days=365")
    offsets = {place: counted(place, server.client().get(place).body) for place in places}
    with Change(server.settings, rate=200) as change:
        readers = [Reader(server, places, change.done) for _ in range(3)]
        for reader in readers:
            reader.start()
        for _ in range(4):
            time.sleep(1)
            if accident == "wiped":
                with RedisClient.from_url(server.redis.url()) as redis:
                    redis.flushall()
            elif accident == "killed":
                assert server.redis.process
                server.redis.process.kill()
                server.redis.process.wait()
                time.sleep(0.3)
                server.redis.start()
    for reader in readers:
        reader.join()

    answers = [answer for reader in readers for answer in reader.answers]
    assert {answer.status for _, answer in answers} == {200}
    assert len({answer.text for _, answer in answers}) > 20
    for reader in readers:
        stamps = [answer.as_of for _, answer in reader.answers]
        for place in places:
            own = [answer.as_of for other, answer in reader.answers if other == place]
            assert own == sorted(own), "as-of went back"
        assert len(stamps) > 20
    for place, answer in answers:
        sums = zip(counted(place, answer.body), offsets[place], strict=True)
        whole, parts = (after - before for after, before in sums)
        assert whole == parts, "a mix of two snapshots"
        due = sum(at <= answer.as_of for at in change.committed)
        assert whole >= due, "older than it says"
