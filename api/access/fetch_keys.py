"""Prints what is at the address of its argument, or ends with one line that says why not.

It is a process of its own, as nothing else bounds what another server does with our time: a
socket's time-out begins anew with every byte, and a name may be looked up for minutes.
"""

import signal
import sys
from http.client import HTTPException
from urllib.request import HTTPRedirectHandler, build_opener

TIMEOUT = 3
"""Seconds; then the kernel ends it, whatever it is doing."""

LARGEST = 2**20
"""Bytes of a document; a key set has some thousand."""


class _Stay(HTTPRedirectHandler):
    """What is named is read, and not what somebody on the way points to."""

    def redirect_request(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Nothing: then the redirection is an error like others."""


def _main(url: str) -> None:
    signal.alarm(TIMEOUT)
    try:
        with build_opener(_Stay).open(url) as response:
            document = response.read(LARGEST + 1)
    except (OSError, HTTPException, ValueError) as error:
        sys.exit(" ".join(str(error).split()))
    if len(document) > LARGEST:
        sys.exit(f"It has more than {LARGEST} bytes.")
    sys.stdout.buffer.write(document)


if __name__ == "__main__":
    _main(sys.argv[1])
