"""How much text a request may bring: looked at in the event loop, before anything reads it."""

import re
from collections.abc import Mapping

from api.problems import Problem, problem
from api.server.browsers import HEADERS, POLICY
from shared.settings import Settings

Refusal = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""

READ = frozenset(
    {
        "accept",
        "access-control-request-headers",
        "access-control-request-method",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "if-modified-since",
        "if-none-match",
        "last-event-id",
        "origin",
        "transfer-encoding",
        "x-forwarded-for",
    }
)
"""The headers that the API reads; whatever else comes, nobody looks at."""

LONG = frozenset({"authorization", "cookie"})
"""Headers with more text than others: tokens, and what a browser sends along to MentorHub."""

LONGER = 4
"""By how many times, as the query: a cursor holds a title, and a search is percent-encoded."""

HOST = re.compile(r"[\w.~!$&'()*+,;=%\[\]:-]*", re.ASCII)
"""RFC 3986's characters of a host and a port."""


class Bounds:
    """Small ones: no client of ours needs more."""

    def __init__(self, settings: Settings) -> None:
        self._letters = settings.request_letters
        self._items = settings.request_items

    def refusal(
        self, version: str, path: str, query: str, headers: Mapping[str, list[str]]
    ) -> Refusal | None:
        """What is answered to a request that brings too much, or is none by HTTP's rules."""
        hosts = headers.get("host", [])
        if (
            len(hosts) > 1
            or (not hosts and version == "1.1")
            or not all(map(HOST.fullmatch, hosts))
        ):
            return _refusal(Problem.MALFORMED_REQUEST, "A request names one Host.")
        # in letters: of a path they are percent-decoded, in at most four bytes each
        if len(path) > self._letters or path.count("/") > self._items:
            return _refusal(Problem.ADDRESS_TOO_LONG, f"A path has {self._most()}.")
        if len(query) > LONGER * self._letters or query.count("&") >= self._items:
            return _refusal(Problem.ADDRESS_TOO_LONG, f"A query has {self._most(LONGER)}.")
        for name, values in headers.items():
            if name in READ or name in LONG:
                times = LONGER if name in LONG else 1
                if self._is_too_much(values, times):
                    sentence = f"The header {name} has {self._most(times)}."
                    return _refusal(Problem.HEADER_TOO_LARGE, sentence)
        return None

    def _is_too_much(self, values: list[str], times: int) -> bool:
        return (
            sum(map(len, values)) > times * self._letters
            or sum(1 + value.count(",") + value.count(";") for value in values) > self._items
        )

    def _most(self, times: int = 1) -> str:
        return f"no more than {times * self._letters} letters and {self._items} parts here"


def _refusal(kind: Problem, sentence: str) -> Refusal:
    response = problem(kind, sentence)
    return response.status_code, [*response.headers, *HEADERS, POLICY], response.get_data()
