"""Public keys as an identity provider publishes them, and tokens that no library would make."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, BinaryIO

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.tokens import KEY, claims

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def jwks(**keys: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """The document of these keys by kid."""
    return json.dumps({"keys": [public(key) | {"kid": kid} for kid, key in keys.items()]})


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign_as(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    user_id: object,
    *,
    kid: str | None = "current",
    algorithm: str | None = None,
    **others: object,
) -> str:
    """A token as `sign` makes it, by a private key."""
    algorithm = algorithm or ("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
    headers = {"kid": kid} if kid is not None else {}
    return jwt.encode(claims(user_id, **others), key, algorithm, headers=headers)


def forge(
    header: object, payload: object, key: bytes = KEY.encode(), signature: bytes | None = None
) -> str:
    """Any three parts, signed by HMAC-SHA256 unless a signature is given; text stays as it is."""
    signed = f"{_part(header)}.{_part(payload)}"
    if signature is None:
        signature = hmac.digest(key, signed.encode(), hashlib.sha256)
    return f"{signed}.{_base64(signature)}"


def _part(content: object) -> str:
    if isinstance(content, bytes):
        return _base64(content)
    return _base64(json.dumps(content, default=_seconds).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _seconds(moment: Any) -> int:
    return int(moment.timestamp())


@dataclass
class Publisher:
    """An HTTP server for one document; `asked` is how often it was.

    `before`: what it does first; `speaks`: for a test that has it wait for that.
    `instead`: writes what it answers byte by byte, as long as somebody takes it; `hung_up` counts
    who had enough.
    """

    url: str = ""
    document: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    before: Callable[[], object] = lambda: None
    speaks: Event = field(default_factory=Event)
    instead: Callable[[BinaryIO], object] | None = None
    asked: int = 0
    hung_up: int = 0


@contextmanager
def publishing(document: str = "") -> Generator[Publisher]:
    """A publisher that runs."""
    publisher = Publisher(document=document)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            publisher.before()
            if publisher.instead:
                try:
                    publisher.instead(self.wfile)
                except OSError:
                    publisher.hung_up += 1
                return
            body = publisher.document.encode()
            self.send_response(publisher.status)
            for name, value in {"Content-Length": str(len(body)), **publisher.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        publisher.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()
