"""One learner within the limits sends texts that cost much to read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.support.server import Server
from tests.support.victim import Attacked, raw, status_of
from tests.support.world import ADMIN, LEARNER

PLACE = "me/engagement"


class Text(NamedTuple):
    headers: tuple[str, ...] = ()
    query: str = ""


TEXTS = {
    "Accept of semicolons": Text(("Accept: " + ";" * 15_000,)),
    "Accept of media types": Text(("Accept: " + ",a/b" * 3_700,)),
    "Accept of parameters": Text(("Accept: a/b" + ";q=1" * 3_000,)),
    "many short Accepts": Text(("Accept: a/b, c/d",) * 60),
    "tags": Text(("If-None-Match: " + 'W/"a",' * 2_000,)),
    "a long tag": Text((f'If-None-Match: "{"a" * 14_000}"',)),
    "cookies": Text(("Cookie: " + "a=b;" * 3_500,)),
    "languages of a preflight": Text(("Access-Control-Request-Headers: " + "a," * 6_000,)),
    "proxies": Text(("X-Forwarded-For: " + "1.1.1.1," * 1_700,)),
    "a token of points": Text(("Authorization: Bearer " + "." * 7_000,)),
    "an event's id": Text(("Last-Event-ID: " + "9" * 14_000,)),
    "an origin": Text(("Origin: http://" + "a." * 6_000,)),
    "parameters": Text(query="?" + "a&" * 7_000),
    "the same parameter": Text(query="?" + "days=1&" * 2_000),
    "percent signs": Text(query="?days=" + "%31" * 4_500),
    "one long value": Text(query="?days=" + "1" * 14_000),
}

PATHS = ("/" * 14_000, "/a" * 7_000, "/" + "a" * 14_000, "/%61" * 3_500, "/../" * 3_500)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_without_bound_is_refused(server: Server, name: str) -> None:
    text = TEXTS[name]

    status = status_of(server.port, raw(LEARNER, PLACE, *text.headers, query=text.query))
    assert status in {400, 414, 431}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_without_bound_is_refused(server: Server, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    assert status_of(server.port, request) in {400, 414, 431}


@pytest.mark.parametrize("name", ["Accept of semicolons", "Accept of media types", "parameters"])
def test_others_do_not_notice_texts(
    server: Server, attacked: Callable[[str], Attacked], name: str
) -> None:
    attack = attacked(name)
    text = TEXTS[name]
    request = raw(LEARNER, PLACE, *text.headers, query=text.query)
    with ThreadPoolExecutor(20) as pool:

        def ask() -> None:
            statuses = set(pool.map(lambda _: status_of(server.port, request), range(100)))
            assert statuses <= {400, 414, 431}

        attack.repeat(ask)

    assert attack.grown() < 50


@pytest.mark.parametrize(
    "headers",
    [
        (
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
            "Accept-Language: ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7,zh;q=0.6,he;q=0.5",
            f"Referer: https://mentorhub.example/{'a' * 3000}",
            f"Cookie: theme=dark; session={'a' * 2000}",
            f"Baggage: {'a=b,' * 1000}",
            f"User-Agent: {'Mozilla/5.0 ' * 100}",
        ),
        (f"If-None-Match: {', '.join([chr(34) + 'a' * 20 + chr(34)] * 30)}",),
    ],
)
def test_what_browsers_and_proxies_send_is_read(server: Server, headers: tuple[str, ...]) -> None:
    assert status_of(server.port, raw(ADMIN, "platform", *headers)) == 200
