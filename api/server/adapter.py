"""A Flask app as Granian runs it.

Flask answers in a few threads. What would hold a thread while nothing happens waits in the event
loop instead: streams, and requests for numbers that are not folded yet.
"""

import asyncio
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http import HTTPStatus
from time import monotonic, perf_counter
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from flask import Flask
from granian.rsgi import (
    HTTPProtocol,  # pyright: ignore[reportPrivateImportUsage]
    ProtocolClosed,  # pyright: ignore[reportPrivateImportUsage]
    Scope,
)
from werkzeug.test import create_environ

from api.access.tokens import Tokens
from api.database.freshness import Watch
from api.export.processes import CHUNK, Errand, Lanes
from api.live.stream import Streams
from api.problems import Problem, problem
from api.requests.carried import CARRIED, Carried, Listening, Waiting
from api.requests.negotiation import LARGEST_BODY
from api.server.browsers import HEADERS, POLICY
from api.server.connections import Connections
from api.server.prometheus import Prometheus
from api.server.text_bounds import READ, Bounds
from api.services import services
from shared.settings import Settings

THREADS = 8
"""No more than the database's pool has connections for."""

LONGEST_DOWNLOAD = 600.0
"""Seconds that a client may take for a file, which takes room as long."""

LONGEST_OPENING = 5.0
"""Seconds within which a file is opened that Granian is to send."""

LONGEST_WAIT = 5.0
"""Seconds that a request may wait for its min_as_of."""

REQUEST_ID = "analytics.request_id"
"""In the environment: how the request is called in the log."""

REQUEST_NAME = re.compile(r"[\w-]{8,64}", re.ASCII)

WITH_BODY = ("POST", "PUT")

LONGEST_SENDING = 5.0
"""Seconds that a client may take to send a body."""

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


class Answered(NamedTuple):
    """What Flask answered; `second` is None where the first chunk is the whole body."""

    status: int
    headers: Headers
    body: Iterable[bytes]
    first: bytes
    second: bytes | None
    rest: Iterator[bytes]


class Server:
    """A Flask app as an RSGI app."""

    def __init__(self, flask: Flask, settings: Settings) -> None:
        self._flask = flask
        self._bounds = Bounds(settings)
        self._connections = Connections(settings)
        its = services(flask)
        self._watch = its[Watch]
        self._streams = its[Streams]
        self._tokens = its[Tokens]
        self._lanes = its[Lanes]
        self._prometheus = its[Prometheus]
        self._threads = ThreadPoolExecutor(THREADS, "flask")
        # Asked for now and kept: whether we live is not to depend on a free thread.
        self._alive = self._answer(create_environ("/healthz"))
        self._looked = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watch.on_look.append(lambda: loop.call_soon_threadsafe(self._release))
        self._watch.start()
        self._tokens.start()
        self._connections.start()
        self._lanes.quick.warm()
        self._telling = loop.create_task(self._streams.run(self._look))

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._connections.stop()
        self._watch.stop()
        self._tokens.stop()
        self._lanes.close()
        self._threads.shutdown(wait=False)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        headers = _headers(scope)
        began = perf_counter()
        refused = self._bounds.refusal(scope.http_version, scope.path, scope.query_string, headers)
        if refused:
            protocol.response_bytes(*refused)
            self._prometheus.answered(scope.path, refused[0], perf_counter() - began)
            return
        if scope.path == "/healthz" and scope.method in ("GET", "HEAD"):
            protocol.response_bytes(self._alive.status, self._alive.headers, self._alive.first)
            return
        carried = Carried(waits=True)
        environ = _environ(scope, headers) | {CARRIED: carried}
        environ[REQUEST_ID] = name = _name(headers)
        if scope.method in WITH_BODY and not await _take_body(protocol, environ):
            return
        answered = await self._in_thread(self._answer, environ)
        early, carried.early = carried.early, None
        if early and await self._is_folded(*early):
            answered = await self._in_thread(self._answer, environ)
        self._prometheus.answered(scope.path, answered.status, perf_counter() - began)
        answered.headers.append(("X-Request-ID", name))
        if carried.listening:
            await self._send_events(carried.listening, answered, protocol)
        elif carried.waiting:
            await self._send_file(environ, carried.waiting, answered, protocol)
        elif carried.file and scope.method == "GET" and answered.status == HTTPStatus.OK:
            # Granian would hold a copy of bytes for whoever doesn't read them.
            protocol.response_file(answered.status, answered.headers, str(carried.file))
        else:
            await self._send(answered, protocol)

    def _answer(self, environ: Environ) -> Answered:
        started: list[tuple[int, Headers]] = []

        def start(status: str, headers: Headers, _error: Any = None) -> Callable[[bytes], object]:
            started[:] = [(int(status[:3]), headers)]
            return _never_written

        # what is logged meanwhile bears the request's name
        with structlog.contextvars.bound_contextvars(request=environ.get(REQUEST_ID)):
            body = self._flask.wsgi_app(environ, start)
            chunks = iter(body)
            first, second = next(chunks, b""), next(chunks, None)
            if second is None:
                _close(body)
        return Answered(*started[0], body, first, second, chunks)

    async def _send_events(
        self, listening: Listening, answered: Answered, protocol: HTTPProtocol
    ) -> None:
        gone = asyncio.ensure_future(protocol.client_disconnect())
        gone.add_done_callback(lambda _: listening.end())
        try:
            transport = protocol.response_stream(answered.status, answered.headers)
            await listening.send(transport.send_bytes)
        except ProtocolClosed:
            pass  # the client has what it wanted
        finally:
            listening.leave()
            gone.cancel()

    async def _send_file(
        self, environ: Environ, waiting: Waiting, answered: Answered, protocol: HTTPProtocol
    ) -> None:
        errand, described = waiting
        gone = asyncio.ensure_future(protocol.client_disconnect())
        try:
            done = asyncio.wrap_future(errand.done)
            await asyncio.wait((done, gone), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                return
            error = done.exception()
            if error:
                environ[CARRIED].failed = error
                await self._send(await self._in_thread(self._answer, environ), protocol)
                return
            described = described(done.result())
            described["Content-Length"] = str(errand.size)
            headers = _replaced(answered.headers, described)
            if errand.size <= CHUNK:
                protocol.response_bytes(answered.status, headers, next(errand.chunks(), b""))
                return
            # Granian would hold all that is streamed to a client who doesn't read it
            protocol.response_file(answered.status, headers, str(errand.path))
            await _until_taken(errand)
        except ProtocolClosed:
            pass  # the client changed its mind
        finally:
            gone.cancel()
            errand.end()

    async def _send(self, answered: Answered, protocol: HTTPProtocol) -> None:
        if answered.second is None:
            protocol.response_bytes(answered.status, answered.headers, answered.first)
        else:
            await self._send_chunks(answered, protocol)

    async def _send_chunks(self, answered: Answered, protocol: HTTPProtocol) -> None:
        transport = protocol.response_stream(answered.status, answered.headers)
        try:
            await transport.send_bytes(answered.first)
            chunk = answered.second
            while chunk is not None:
                await transport.send_bytes(chunk)
                chunk = await self._in_thread(next, answered.rest, None)
        except ProtocolClosed:
            pass  # the client changed its mind
        finally:
            await self._in_thread(_close, answered.body)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *arguments)

    async def _is_folded(self, family: str, as_of: datetime) -> bool:
        """Whether it is, after as long a wait as there may be."""
        ends = monotonic() + LONGEST_WAIT
        while monotonic() < ends:
            fresh = self._watch.freshness(family)
            if fresh and fresh.as_of >= as_of:
                return True
            try:
                await asyncio.wait_for(self._look(), ends - monotonic())
            except TimeoutError:
                break
        return False

    async def _look(self) -> None:
        await self._looked.wait()

    def _release(self) -> None:
        self._looked.set()
        self._looked = asyncio.Event()


async def _until_taken(errand: Errand) -> None:
    """Until its file was sent, its client has left, or has had all the time that there is."""
    began, was_opened = monotonic(), False
    while monotonic() < began + LONGEST_DOWNLOAD:
        await asyncio.sleep(0.2)
        if errand.is_opened():
            was_opened = True
        elif was_opened or monotonic() > began + LONGEST_OPENING:
            return


def _headers(scope: Scope) -> dict[str, list[str]]:
    """By their names in lower case."""
    headers: dict[str, list[str]] = {}
    for name, value in scope.headers.items():
        headers.setdefault(name, []).append(value)
    return headers


def _name(headers: dict[str, list[str]]) -> str:
    """What the client or its proxy calls the request, or a new one: each log line of it has it."""
    given = headers.get("x-request-id", [""])[0]
    return given if REQUEST_NAME.fullmatch(given) else uuid4().hex


async def _take_body(protocol: HTTPProtocol, environ: Environ) -> bool:
    """False where none came in time: then it is answered. One that is too large is cut off."""
    body = b""
    try:
        async with asyncio.timeout(LONGEST_SENDING):
            async for chunk in protocol:
                body += chunk
                if len(body) > LARGEST_BODY:
                    break
    except TimeoutError:
        late = problem(Problem.MALFORMED_REQUEST, "The body did not come within seconds.")
        protocol.response_bytes(late.status_code, [*late.headers, *HEADERS, POLICY], late.data)
        return False
    environ["wsgi.input"] = io.BytesIO(body)
    # it is one piece now
    if environ.pop("HTTP_TRANSFER_ENCODING", None) or body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return True


def _environ(scope: Scope, headers: dict[str, list[str]]) -> Environ:
    """PEP 3333's, without its body."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        # werkzeug would take `get` for GET: it is another method (RFC 9110), and none of ours
        "REQUEST_METHOD": scope.method if scope.method.isupper() else "?",
        "SCRIPT_NAME": "",
        # no path is the root, as RFC 9112 says of absolute-form
        "PATH_INFO": _bytes(scope.path or "/"),
        "QUERY_STRING": _bytes(scope.query_string),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name in headers.keys() & READ:
        key = _VARIABLES.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = ",".join(headers[name])
    return environ


def _bytes(text: str) -> str:
    """As WSGI wants it: a letter for each byte."""
    return text.encode().decode("latin-1")


_VARIABLES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def _replaced(headers: Headers, by: Iterable[tuple[str, str]]) -> Headers:
    """With others in their place, of which some may be missing."""
    others = [*by]
    names = {name.lower() for name, _ in others}
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in names and not name.startswith("X-Analytics-")
    ]
    return [*kept, *others]


def _close(body: Iterable[bytes]) -> None:
    close = getattr(body, "close", None)
    if close:
        close()


def _never_written(_data: bytes) -> None:
    """PEP 3333's older way of sending, which Flask doesn't go."""
