"""Whatever bytes come over a connection: no error of the server, no hang, no traceback.

`RAW_REQUESTS=100000 pytest -s tests/api/test_raw_requests.py` sends so many.
"""

import os
import re
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ops.local.embedded import Postgres
from tests.support.databases import DEFAULTS, database
from tests.support.server import ROOT, Server, serving
from tests.support.tokens import bearer, sign
from tests.support.victim import raw, status_of
from tests.support.world import ADMIN, LEARNER

REQUESTS = int(os.environ.get("RAW_REQUESTS", "400"))

AT_ONCE = 40
"""Connections of one example."""

SILENCE = 0.3
"""Seconds after which somebody who may have sent half a request hears nothing more."""

PATIENCE = 30
"""Seconds for the answer to a request that is complete."""

LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""After it there is nothing to wait for, unless the server takes it for part of something else."""

TOMORROW = datetime.now(UTC) + timedelta(days=1)

TOKENS = [bearer(sign(user, exp=TOMORROW))["Authorization"].encode() for user in (ADMIN, LEARNER)]

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")

PLACES = [
    *(
        f"{ROOT}/{place}".encode()
        for place in (
            *("platform", "user-growth", "sessions", "courses", "revenue", "user/2/engagement"),
            *("me/engagement", "stream", "stream/ticket"),
        )
    ),
    *(
        b"/",
        b"/docs",
        b"/openapi.json",
        b"/problems",
        b"/healthz",
        b"*",
        b"//",
        b"/%00",
    ),
]

QUERIES = [
    *(b"days=7", b"currency=RUB", b"compare=previous", b"course_id=1", b"limit=1", b"sort=title"),
    *(b"search=%D0%B6", b"cursor=AAAA", b"format=csv", b"format=xlsx", b"ticket=x", b"days=%FF"),
]

HEADERS = [
    *(b"Accept", b"Accept-Encoding", b"Authorization", b"Connection", b"Content-Length"),
    *(b"Content-Type", b"Cookie", b"Expect", b"Forwarded", b"Host", b"If-Modified-Since"),
    *(b"If-None-Match", b"Last-Event-ID", b"Origin", b"Range", b"TE", b"Transfer-Encoding"),
    *(b"Upgrade", b"X-Forwarded-For", b"X-HTTP-Method-Override", b":path", b"Content_Length"),
]

VALUES = [
    *(
        b"*/*",
        b"text/csv",
        b"application/json;q=0",
        b"close",
        b"keep-alive",
        b"chunked",
        b"0",
        b"5",
    ),
    *(b"-1", b"1e9", b"99999999999999999999", b"100-continue", b"x", b'"a"', b'W/"a", *', b"*"),
    *(b"Bearer", b"Bearer x.y.z", b"Basic eDp4", b"h2c", b"websocket", b"bytes=0-1", b"\xff\xfe"),
    *(b"Sat, 28 Nov 2026 00:00:00 GMT", b"identity, chunked", b"[::1]:80", b"a\x00b", b"\tx\t"),
]

text = st.binary(max_size=12) | st.text(max_size=6).map(lambda one: one.encode("utf-8", "replace"))


@st.composite
def mostly(draw: st.DrawFn, usual: Sequence[bytes], times: int = 10) -> bytes:
    """One of these, and once in so many times anything."""
    return draw(st.sampled_from(usual) if draw(st.integers(1, times)) > 1 else text)


METHODS = [b"GET"] * 8 + [b"HEAD", b"POST", b"OPTIONS", b"PUT", b"TRACE", b"CONNECT"]

VERSIONS = [b"HTTP/1.1"] * 9 + [b"HTTP/1.0", b"HTTP/2.0"]


@st.composite
def targets(draw: st.DrawFn) -> bytes:
    place = draw(mostly(PLACES))
    asked = b"&".join(draw(st.lists(mostly(QUERIES, 4), max_size=2)))
    before = draw(st.sampled_from([b""] * 19 + [b"http://x"]))
    return before + place + (b"?" + asked if asked else b"")


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One that may be right, and may be wrong anywhere."""
    end = draw(st.sampled_from([b"\r\n"] * 19 + [b"\n"]))
    version = draw(mostly(VERSIONS, 20))
    lines = [b" ".join((draw(mostly(METHODS, 20)), draw(targets()), version))]
    lines += draw(st.sampled_from([[b"Host: x"]] * 19 + [[]]))
    lines += draw(st.sampled_from([[b"Authorization: " + token] for token in TOKENS] + [[]]))
    headers = st.tuples(mostly(HEADERS), mostly([*VALUES, *TOKENS], 4))
    lines += [b": ".join(header) for header in draw(st.lists(headers, max_size=2))]
    bodies = [b""] * 15 + [b"5\r\nhello\r\n0\r\n\r\n", b"{}", b"0\r\n\r\n"]
    return end.join([*lines, b"", b""]) + draw(mostly(bodies, 20))


conversations = st.lists(requests(), min_size=1, max_size=2)


@pytest.fixture(scope="module")
def server(
    postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with database(postgres, "test_raw_requests", analytics_template) as url:
        told = replace(DEFAULTS, analytics_database_url=url, cors_origins=("https://x",))
        with serving(told, tmp_path_factory.mktemp("raw")) as server:
            yield server


def talk(server: Server, conversation: list[bytes]) -> bytes:
    """What is answered until there is silence."""
    answer = b""
    with closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) as connection:
        connection.settimeout(SILENCE)
        with suppress(OSError):
            for request in (*conversation, LAST):
                connection.sendall(request)
            while data := connection.recv(2**16):
                answer += data
    return answer


@pytest.mark.parametrize("query", ["search=жук", "жук=1", "days=%FF&\U000e7f1d", "search=%D0%B6"])
def test_a_query_may_have_any_letters(server: Server, query: str) -> None:
    request = raw(ADMIN, "courses", query=f"?{query}")

    assert status_of(server.port, request) == (200 if "search" in query else 422)


@pytest.mark.timeout(0)
def test_whatever_comes_is_answered_or_hung_up_on(server: Server) -> None:
    statuses: Counter[int] = Counter()
    sent = 0

    @settings(
        max_examples=max(1, REQUESTS * 2 // (3 * AT_ONCE)),
        database=None,
        phases=[Phase.generate],  # a server has a state, which would mislead who shrinks
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(conversations, min_size=AT_ONCE, max_size=AT_ONCE))
    def converse(several: list[list[bytes]]) -> None:
        nonlocal sent
        sent += sum(map(len, several))
        answers = list(pool.map(lambda each: talk(server, each), several))
        for conversation, answer in zip(several, answers, strict=True):
            got = [int(status) for status in STATUS.findall(answer)]
            statuses.update(got)
            if max(got, default=0) >= 500:
                pytest.fail(f"{conversation} is answered with {answer.decode('latin-1')}")
        # Whoever asks rightly is answered, whatever others left behind.
        assert status_of(server.port, raw(ADMIN, "platform", "Connection: close")) == 200

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            converse()
    finally:
        sys.stdout.write(f"\n{sent} requests: {dict(sorted(statuses.items()))}\n")
    assert statuses.keys() >= {200, 400, 401, 404, 405}
    log = (server.settings.home / "log/api.log").read_text()
    assert not re.search("Traceback|panicked|Exception", log), log[-5000:]
