"""Telling webhooks of alerts that fired: each until it says 2xx, recorded in kept.firing.

At least once: whoever is killed between telling and recording tells again, under the same number.
"""

import hashlib
import hmac
import socket
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from shared.database import Connection, one
from shared.settings import Settings
from workers.fold import worker_connection

LONGEST = 60
"""Seconds that all that is told at once may take; then a worker goes on with other things."""

_TIMEOUT = Timeout(connect=3, read=5)

log = structlog.get_logger("analytics")


class WebhookError(Exception):
    """It was not told; a sentence for people."""


class Place(NamedTuple):
    """A webhook's address, and the only one of its host's that is connected to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def tell_all(settings: Settings) -> int:
    """Tell all that is due, and return how many were told."""
    told = 0
    with worker_connection(settings) as connection:
        while claimed := _claim(connection):
            firing, webhook, body = claimed
            error = _tell(settings, firing, webhook, body)
            one(connection, "SELECT control.delivered(%s, %s)", [firing, error])
            told += error is None
    return told


def _claim(connection: Connection) -> tuple[int, str, str] | None:
    return connection.execute("SELECT * FROM control.claim_delivery()").fetchone()


def _tell(settings: Settings, firing: int, webhook: str, body: str) -> str | None:
    try:
        place = find(webhook, private=settings.webhook_private)
        post(place, body.encode(), headers(settings, firing, body))
    except WebhookError as error:
        log.warning("Analytics: a webhook was not told: %s", error, firing=firing)
        return str(error)
    return None


def headers(settings: Settings, firing: int, body: str) -> dict[str, str]:
    """With a signature over moment and body, where there is a secret for it."""
    moment = str(round(datetime.now(UTC).timestamp()))
    signed = {
        "Content-Type": "application/json",
        "User-Agent": "mentorhub-analytics",
        "X-Analytics-Firing": str(firing),
        "X-Analytics-Timestamp": moment,
    }
    if settings.webhook_secret:
        key, message = settings.webhook_secret.encode(), f"{moment}.{body}".encode()
        signature = hmac.new(key, message, hashlib.sha256).hexdigest()
        signed["X-Analytics-Signature"] = f"sha256={signature}"
    return signed


def find(webhook: str, *, private: bool) -> Place:
    """Where a webhook is; no address that only machines here can reach, unless `private`.

    The name is looked up once: what was looked at is what is connected to. Raises WebhookError.
    """
    parts = urlsplit(webhook)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise WebhookError(f"{host} is no host that is known here.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not private and not all(map(_is_public, addresses)):
        raise WebhookError(f"{host} is a private address (WEBHOOK_PRIVATE=1 allows it).")
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return Place(parts.scheme, host, port, path, addresses[0])


def _is_public(address: str) -> bool:
    known = ip_address(address.partition("%")[0])
    mapped = getattr(known, "ipv4_mapped", None) or getattr(known, "sixtofour", None)
    # reserved: IPv4 in IPv6, which a network may translate back
    is_special = known.is_multicast or known.is_reserved
    return known.is_global and not is_special and (mapped is None or mapped.is_global)


def post(place: Place, body: bytes, headers: dict[str, str]) -> None:
    """Raises WebhookError unless the answer is 2xx; nothing is followed, and no body is read."""
    default = {"https": 443, "http": 80}[place.scheme] == place.port
    named = {"Host": place.host if default else f"{place.host}:{place.port}"}
    try:
        with _pool(place) as pool:
            answer = pool.urlopen(
                "POST",
                place.path,
                body=body,
                headers=headers | named,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            status = answer.status
            answer.close()
    except (HTTPError, OSError) as error:
        raise WebhookError(f"{place.host}: {' '.join(str(error).split())}") from None
    if status // 100 != 2:  # noqa: PLR2004 - what HTTP calls success
        raise WebhookError(f"{place.host} answered {status}.")


def _pool(place: Place) -> HTTPConnectionPool:
    if place.scheme == "http":
        return HTTPConnectionPool(place.address, place.port, timeout=_TIMEOUT)
    return HTTPSConnectionPool(
        place.address,
        place.port,
        timeout=_TIMEOUT,
        server_hostname=place.host,
        assert_hostname=place.host,
        cert_reqs="CERT_REQUIRED",
    )
