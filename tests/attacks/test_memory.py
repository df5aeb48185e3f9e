"""What an attacker makes the server remember."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from redis import Redis as RedisClient

from tests.support.server import Server
from tests.support.victim import Attacked, raw, status_of
from tests.support.world import ADMIN, LEARNER

NUMBERS = itertools.count(10_000)


def ask_each(server: Server, attack: Attacked, request: Callable[[int], bytes]) -> set[int]:
    """The statuses of many requests, none of them like another one."""
    statuses: set[int] = set()
    with ThreadPoolExecutor(10) as pool:

        def ask() -> None:
            numbers = itertools.islice(NUMBERS, 200)
            statuses.update(pool.map(lambda n: status_of(server.port, request(n)), numbers))

        attack.repeat(ask)
    return statuses


def test_requests_that_differ_in_what_they_accept_are_not_remembered(
    server: Server, attacked: Callable[[str], Attacked]
) -> None:
    attack = attacked("a different Accept each time")
    statuses = ask_each(
        server, attack, lambda n: raw(LEARNER, "me/engagement", f"Accept: */*, {n}/{'a' * 900}")
    )
    assert statuses == {200}
    statuses = ask_each(
        server, attack, lambda n: raw(LEARNER, "me/engagement", f"Accept: */*, {n}/{'a' * 10_000}")
    )
    assert statuses == {431}
    assert attack.grown() < 40


def test_an_admin_who_walks_through_pages_fills_no_redis(
    server: Server, attacked: Callable[[str], Attacked]
) -> None:
    attack = attacked("pages that nobody asks for again")
    statuses = ask_each(server, attack, lambda n: raw(ADMIN, f"courses?limit=1&search={n}"))

    assert statuses == {200}
    assert attack.grown() < 100
    url = server.redis.url().removesuffix("/0")
    with RedisClient.from_url(f"{url}/0") as queue, RedisClient.from_url(f"{url}/1") as answers:
        assert queue.dbsize() == 0
        assert answers.dbsize() <= 2, "the victim's answer, and none of the attacker's"
