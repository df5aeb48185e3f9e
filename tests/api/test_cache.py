"""What is remembered is bounded, whatever is asked for in whatever spelling, and never wrong."""

import hmac
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from redis import Redis as RedisClient
from sqlalchemy import event

from api.answers import cache
from api.answers.cache import Cache, Entry
from api.app import create_app
from api.database import freshness
from api.database.freshness import Watch
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Redis
from shared.settings import Settings
from tests.support.issuers import RSA, jwks, sign_as
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN

ROOT = "/api/v1/analytics"

Start = Callable[..., "Running"]


class Running:
    """An app whose watch is at work, and how often it asked the database."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.cache: Cache = services(self.app)[Cache]
        self.client = self.app.test_client()
        self.client.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(ADMIN))["Authorization"]
        self.queries = 0
        event.listen(services(self.app)[Reader].engine, "before_cursor_execute", self._count)
        known: freshness.Watch = services(self.app)[Watch]
        known.start()
        assert wait_until(known.is_current)

    def _count(self, *_: object) -> None:
        self.queries += 1

    def get(self, place: str, **headers: str) -> Any:
        response = self.client.get(f"{ROOT}/{place}", headers=headers)
        assert response.status_code == 200, response.text
        return response

    def stop(self) -> None:
        services(self.app)[Watch].stop()
        services(self.app)[Reader].close()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def shared(redis: Redis) -> Iterator[RedisClient]:
    """The broker's database; that of the answers is beside it."""
    with RedisClient.from_url(redis.url()) as client:
        client.flushall()
        yield client
        client.config_set("maxmemory", 0)


@pytest.fixture
def answers(shared: RedisClient, redis: Redis) -> Iterator[RedisClient]:
    assert shared.dbsize() == 0
    with RedisClient.from_url(f"{redis.url().removesuffix('/0')}/1") as client:
        yield client


@pytest.fixture
def start(world: Settings, redis: Redis) -> Iterator[Start]:
    """Start a process, as far as a cache can tell."""
    running: list[Running] = []

    def begin(**settings: Any) -> Running:
        running.append(Running(replace(world, redis_url=redis.url(), **settings)))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


def test_a_million_spellings_are_one_answer(start: Start) -> None:
    running = start()
    running.get("revenue?days=30&currency=RUB&compare=previous")
    asked, kept = running.queries, len(running.cache)
    names = ["days=30", "currency=RUB", "compare=previous", "format=json", "%64ays=30"]
    for given in permutations([*names[1:4], names[4]]):
        for blank in ("", "&", "&&"):
            running.get("revenue?" + "&".join(given) + blank)
    running.get("revenue?days=30&currency=%52%55%42&compare=previous", Accept="text/csv")

    assert (running.queries, len(running.cache)) == (asked, kept)


def test_formats_are_made_of_one_answer(start: Start) -> None:
    running = start()
    body = running.get("user-growth").json
    asked = running.queries
    for n in range(300):
        accept = ",".join(f"a/{n}{i}" for i in range(n % 8)) + ",*/*;q=0.1"
        assert running.get("user-growth", Accept=accept).json == body
    for kind in ("csv", "xlsx"):
        assert running.get(f"user-growth?format={kind}", Accept="x/y").content_length != 0

    assert running.queries == asked


def entry(name: str, body: bytes, headers: int = 8) -> Entry:
    stamp = (1, cast("Any", "2026-11-28"), "UTC", "RUB")
    return Entry(name, "courses", stamp, name, [(f"X-{n}", name) for n in range(headers)], body)


def test_what_is_kept_is_counted_with_all_that_belongs_to_it(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 2**20)
    monkeypatch.setattr(cache, "MOST_BYTES_OF_SPELLINGS", 2**18)
    kept = Cache(world, freshness.Watch(world))
    tracemalloc.start()
    for n in range(20_000):
        one = entry(f"courses_page {n} {'x' * (n % 300)}", b"[]")
        kept.store(one)
        kept.remember((f"/courses/{n}", f"cursor={n}{'y' * (n % 900)}", None), one)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used < 2 * (2**20 + 2**18)
    assert len(kept) > 100


def test_only_what_is_asked_for_again_is_kept_in_redis(start: Start, answers: RedisClient) -> None:
    running = start()
    for n in range(1, 60):
        running.get(f"courses?limit={n}")
    assert answers.dbsize() == 0

    running.get("courses?limit=1")
    assert answers.dbsize() == 1
    (key,) = answers.keys()
    assert 0 < answers.ttl(key) <= 600


def test_redis_keeps_no_more_than_it_has_places(
    start: Start, answers: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PLACES", 8)
    running = start()
    for n in range(1, 100):
        for _ in range(2):
            running.get(f"courses?limit={n}")

    assert 0 < answers.dbsize() <= 8


def test_large_answers_are_not_kept_in_redis(
    start: Start, answers: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LARGEST_SHARED", 20)
    running = start()
    for _ in range(3):
        running.get("courses")

    assert answers.dbsize() == 0


def test_answers_are_kept_apart_from_the_queue(
    start: Start, shared: RedisClient, answers: RedisClient, redis: Redis
) -> None:
    elsewhere = f"{redis.url().removesuffix('/0')}/3"
    for settings in ({}, {"cache_url": elsewhere}):
        running = start(**settings)
        running.get("platform")
        running.get("platform")
        running.stop()
    assert shared.dbsize() == 0
    assert answers.dbsize() == 1
    with RedisClient.from_url(elsewhere) as third:
        assert third.dbsize() == 1


def test_an_almost_full_redis_is_left_to_the_queue(
    start: Start, shared: RedisClient, answers: RedisClient
) -> None:
    memory = cast("dict[str, int]", shared.info("memory"))
    shared.config_set("maxmemory", memory["used_memory"] + 2**20)
    running = start()
    for n in range(1, 50):
        for _ in range(2):
            running.get(f"courses?limit={n}")

    assert answers.dbsize() == 0
    assert shared.lpush("celery", "x" * 1000) == 1


def place_of(settings: Settings) -> str:
    return Cache(settings, freshness.Watch(settings)).place("courses")


def test_two_analytics_databases_share_a_redis(world: Settings) -> None:
    urls = (
        world.analytics_url(),
        "postgresql://one/analytics",
        "postgresql://two/analytics",
        "postgresql://one/other",
        "postgresql://one:6000/analytics?connect_timeout=3",
    )
    places = {place_of(replace(world, analytics_database_url=url)) for url in urls}
    assert len(places) == len(urls)
    known = "postgresql://a:secret@one/analytics"
    assert place_of(replace(world, analytics_database_url=known)) in places


def test_the_next_process_finds_what_the_last_one_was_asked_for_again(
    start: Start, answers: RedisClient
) -> None:
    first = start()
    body = first.get("sessions?days=8").data
    first.get("sessions?days=8")
    assert answers.dbsize() == 1
    second = start()
    second.get("platform")
    asked = second.queries

    assert second.get("sessions?days=8").data == body
    assert second.queries == asked


@pytest.mark.parametrize("garbage", [b"", b"{", b"{}\n{}", b"[1]\n{}", b'{"family":1}\n', b"\xff"])
def test_what_somebody_else_stored_in_redis_is_no_answer(
    start: Start, answers: RedisClient, garbage: bytes
) -> None:
    first = start()
    body = first.get("user-growth?days=9").data
    first.get("user-growth?days=9")
    (key,) = answers.keys()
    answers.set(key, garbage)

    assert start().get("user-growth?days=9").data == body


def test_the_answer_to_something_else_at_the_same_place_is_none(
    start: Start, answers: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PLACES", 1)
    first = start()
    for _ in range(2):
        first.get("user-growth?days=3")
    assert answers.dbsize() == 1

    assert len(start().get("user-growth?days=4").json["data"]) == 4


SIGNATURE = 32


def forged(text: bytes) -> bytes:
    changed = text.replace(b'"total":', b'"total":9')
    assert changed != text
    return changed


def signed(packed: bytes, settings: Settings) -> bytes:
    """As a process with these settings does: HMAC-SHA256 by a key made of the tokens' secret."""
    secret = settings.signing_key().encode()
    prefix = Cache(settings, freshness.Watch(settings)).place("").rpartition(":answer:")[0]
    key = hmac.digest(secret, f"{prefix} answers 2".encode(), "sha256")
    return hmac.digest(key, packed, "sha256") + packed


@pytest.fixture
def stored(start: Start, answers: RedisClient) -> tuple[str, bytes, bytes]:
    """Where Redis has an answer, what is signed of it, and the body."""
    first = start()
    body = first.get("sessions?days=5").data
    first.get("sessions?days=5")
    (key,) = cast("list[Any]", answers.keys())
    return key, cast("bytes", answers.get(key))[SIGNATURE:], body


def test_who_has_the_secret_writes_answers(
    start: Start, world: Settings, answers: RedisClient, stored: tuple[str, bytes, bytes]
) -> None:
    key, packed, body = stored
    answers.set(key, signed(forged(packed), world))

    assert start().get("sessions?days=5").data == forged(body)


@pytest.mark.parametrize(
    "forge",
    [
        lambda made, _packed, _world: made,
        lambda made, _packed, _world: bytes(SIGNATURE) + made,
        lambda made, packed, world: signed(packed, world)[:SIGNATURE] + made,
        lambda made, _packed, world: signed(made, replace(world, jwt_secret_key="x" * 32)),
        lambda made, _packed, world: signed(
            made, replace(world, read_database_url="postgresql://another/analytics")
        ),
        lambda made, _packed, world: signed(made, world)[1:],
        lambda made, _packed, world: signed(made, world) + b" ",
    ],
    ids=["bare", "zeros", "another's signature", "secret", "database", "cut off", "longer"],
)
def test_a_forged_answer_is_none(
    start: Start,
    world: Settings,
    answers: RedisClient,
    stored: tuple[str, bytes, bytes],
    forge: Callable[[bytes, bytes, Settings], bytes],
) -> None:
    key, packed, body = stored
    answers.set(key, forge(forged(packed), packed, world))

    assert start().get("sessions?days=5").data == body


def test_without_a_secret_nothing_is_shared(
    world: Settings, answers: RedisClient, redis: Redis, tmp_path: Path
) -> None:
    document = tmp_path / "jwks.json"
    document.write_text(jwks(first=RSA))
    settings = replace(world, redis_url=redis.url(), jwt_secret_key=None, jwt_jwks=str(document))
    running = Running(settings)
    token = sign_as(RSA, ADMIN, kid="first")
    running.client.environ_base["HTTP_AUTHORIZATION"] = bearer(token)["Authorization"]
    for _ in range(3):
        running.get("platform")
    running.stop()

    assert answers.dbsize() == 0


def test_an_old_body_stored_late_is_not_served(
    start: Start, world: Settings, answers: RedisClient, stored: tuple[str, bytes, bytes]
) -> None:
    key, packed, body = stored
    late = forged(packed).replace(b'"stamp":[', b'"stamp":[9')
    assert late != forged(packed)
    answers.set(key, signed(late, world))

    assert start().get("sessions?days=5").data == body


def test_a_tag_of_long_parameters_is_short_and_understood(start: Start) -> None:
    running = start()
    place = f"courses?limit=1&search={quote('ж' * 100)}"
    tag = running.get(place).headers["ETag"]

    assert len(tag) < 200
    response = running.client.get(f"{ROOT}/{place}", headers={"If-None-Match": tag})
    assert response.status_code == 304
    assert tag != running.get(f"courses?limit=1&search={quote('щ' * 100)}").headers["ETag"]
