"""Raw bytes over sockets: whatever is sent, the server answers or hangs up, and goes on.

`FUZZ=100000 pytest tests/attacks/test_fuzz.py` tries as many.
"""

import os
import socket
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.api.server import ROOT, Server
from tests.api.tokens import bearer, sign
from tests.api.world import ADMIN, LEARNER
from tests.attacks.victim import raw, status_of

TRIES = int(os.environ.get("FUZZ", "2000"))

TOKENS = [bearer(sign(user))["Authorization"] for user in (ADMIN, LEARNER)]

PLACES = [
    *("platform", "user-growth", "sessions", "courses", "revenue", "me/engagement"),
    *("user/2/engagement", "user/999/engagement", "stream/ticket", "nothing", "", ".."),
]

latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
repeated = st.builds(lambda text, times: text * times, printable, st.sampled_from([1, 50, 800]))
values = st.one_of(latin, printable, repeated)

names = st.one_of(
    st.sampled_from(
        [
            *("Accept", "If-None-Match", "If-Modified-Since", "If-Match", "Range", "Origin"),
            *("Last-Event-ID", "Cookie", "X-Forwarded-For", "Content-Length", "Transfer-Encoding"),
            *("Content-Type", "Expect", "Upgrade", "Connection", "Host", "Authorization", "TE"),
            *("Access-Control-Request-Headers", "Access-Control-Request-Method", "Trailer"),
        ]
    ),
    st.from_regex(r"[A-Za-z_-]{1,20}", fullmatch=True),
    latin,
)
known = st.sampled_from(
    [
        *("chunked", "0", "5", "-1", "100-continue", "close", "keep-alive", "h2c", "websocket"),
        *("*/*", "text/csv", "application/json;q=0", '"a"', 'W/"a", *', "bytes=0-1", "GET"),
        *("Thu, 01 Jan 1970 00:00:00 GMT", "http://a", "null", "identity", "gzip, chunked"),
    ]
)
headers = st.lists(st.tuples(names, st.one_of(known, values)), max_size=6)

queries = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("days", "currency", "compare", "format", "limit", "cursor", "sort", "order"),
                *("search", "course_id", "min_as_of", "max_staleness", "ticket", "lastEventId"),
            ]
        )
        | values,
        st.sampled_from(["1", "30", "RUB", "csv", "xlsx", "json", "previous", "title", "%00"])
        | values,
    ).map("=".join),
    max_size=5,
).map(lambda parts: "?" + "&".join(parts) if parts else "")

targets = st.one_of(
    st.builds(lambda place, query: f"{ROOT}/{place}{query}", st.sampled_from(PLACES), queries),
    st.sampled_from(["/", "*", "/docs", "/openapi.json", "/problems", "/healthz", "/docs/assets/"]),
    st.builds(lambda path, query: f"/{path}{query}", values, queries),
    values,
)
methods = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE", "CONNECT"]) | latin
versions = st.sampled_from(["HTTP/1.1"] * 5 + ["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    lines = [f"{draw(methods)} {draw(targets)} {draw(versions)}"]
    if draw(st.integers(0, 9)):
        lines.append("Host: x")
    if draw(st.booleans()):
        lines.append(f"Authorization: {draw(st.sampled_from(TOKENS) | values)}")
    lines += [f"{name}: {value}" for name, value in draw(headers)]
    text = draw(st.sampled_from(["\r\n"] * 9 + ["\n"])).join([*lines, "", ""])
    return text.encode("latin-1", "replace") + draw(st.binary(max_size=20))


def answer(port: int, request: bytes) -> bytes:
    """Until the server hangs up, as nobody sends more."""
    pieces: list[bytes] = []
    with closing(socket.create_connection(("127.0.0.1", port), 30)) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(2**16):
                pieces.append(piece)
        except TimeoutError:
            raise
        except OSError:  # it hung up on us
            pass
    return b"".join(pieces)


def log(server: Server) -> str:
    return Path(server.settings.home / "log" / "api.log").read_text()


@given(request=requests() | st.binary(max_size=300))
@hypothesis_settings(
    max_examples=TRIES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_sent_is_answered_or_hung_up_on(server: Server, request: bytes) -> None:
    said = answer(server.port, request)

    if said:
        assert said[:9] in {b"HTTP/1.1 ", b"HTTP/1.0 "}, said[:100]
        assert not said[9:12].startswith(b"5") or b"/problems/not-yet" in said, said[:500]


def test_no_traceback_was_left_and_the_next_is_answered(server: Server) -> None:
    assert status_of(server.port, raw(ADMIN, "platform")) == 200
    assert "Traceback" not in log(server)
