"""The HTTP server: how the API is started, wherever it runs."""

import os
import sys

OPTIONS = (
    *("--interface", "rsgi"),
    # One worker: several would not hear of a fold in the same moment, and a client that asks now
    # one and now another would see time go back.
    *("--workers", "1"),
    # Granian waits for open streams without end unless it is told how long.
    *("--workers-kill-timeout", "5"),
    # An open stream counts as a request under way.
    *("--backlog", "4096", "--backpressure", "4096"),
    # Nobody needs HTTP/2 here, and with it a connection may stay silent for ever.
    *("--http", "1"),
    # Of a request line with all headers: 431 above it.
    *("--http1-buffer-size", "16384"),
    # Whatever a client asks to upgrade to, it is answered by HTTP/1.1.
    "--no-ws",
    # Milliseconds in which they must have come; also how long an idle connection is kept.
    *("--http1-header-read-timeout", "10000"),
)


def command(host: str, port: int, module: str = "api.rsgi") -> list[str]:
    """What Python is to run with `-m`."""
    return ["granian", *OPTIONS, "--host", host, "--port", str(port), f"{module}:app"]


def serve(host: str, port: int) -> None:
    """Become the server."""
    os.execv(sys.executable, [sys.executable, "-m", *command(host, port)])  # noqa: S606
