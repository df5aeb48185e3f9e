"""Who is asking, by MentorHub's access tokens as they are."""

import re
from hashlib import sha256
from hmac import compare_digest
from threading import Lock
from time import time
from typing import Any, cast

from cachetools import TTLCache
from flask import Flask, request
from flask_jwt_extended import JWTManager
from flask_jwt_extended import verify_jwt_in_request as verify_token  # pyright: ignore[reportUnknownVariableType]
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import ExpiredSignatureError, InvalidSignatureError, InvalidTokenError, PyJWK, PyJWTError

from api.access.keys import PUBLIC_ALGORITHMS, SHARED_ALGORITHM, KeySet, secret_key
from api.problems import RETRY_AFTER, Problem, refuse
from api.requests.carried import carried
from api.requests.parameters import whole_number
from api.services import service
from shared.settings import Settings

BEARER = re.compile("(?i:bearer) +([A-Za-z0-9_.-]{1,8192})")
"""The only header that is looked at (RFC 9110, 11.4); MentorHub's tokens have some 300 letters."""

MEMORY = 60
"""Seconds that a verified token is believed: a key that is taken away counts so much longer."""


class Tokens:
    """Verifies them, and remembers for a while which it has: that is half the cost of a request."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._metrics_token = (settings.metrics_token or "").encode()
        self._secrets = [secret_key(secret) for secret in settings.secret_keys()]
        self._public = KeySet(settings.jwt_jwks) if settings.jwt_jwks else None
        self._verified = TTLCache[bytes, tuple[int, int]](10_000, MEMORY)
        self._lock = Lock()
        app.config.update(
            JWT_DECODE_ALGORITHMS=[SHARED_ALGORITHM, *PUBLIC_ALGORITHMS],
            JWT_DECODE_AUDIENCE=settings.jwt_audience,
            JWT_DECODE_ISSUER=settings.jwt_issuer,
            JWT_DECODE_LEEWAY=settings.jwt_leeway,
            JWT_TOKEN_LOCATION=["headers"],
        )
        JWTManager(app).decode_key_loader(self._key)

    def start(self) -> None:
        """Read public keys again from now on."""
        if self._public is not None:
            self._public.start()

    def stop(self) -> None:
        if self._public is not None:
            self._public.stop()

    def is_of_metrics(self) -> bool:
        """Whether the request carries METRICS_TOKEN."""
        found = BEARER.fullmatch(request.environ.get("HTTP_AUTHORIZATION", ""))
        given = found[1].encode() if found else b""
        return bool(self._metrics_token) and compare_digest(given, self._metrics_token)

    def user(self) -> int:
        """The user whose token the request carries; ends a request without a valid one."""
        header = request.environ.get("HTTP_AUTHORIZATION", "")
        digest = sha256(header.encode()).digest()
        with self._lock:
            verified = self._verified.get(digest)
        if not verified or verified[1] <= time():
            claims = self._claims(header)
            verified = _subject(claims), int(claims["exp"])
            # The leeway is for `iat` and `nbf`, PyJWT would grant it here, too.
            if verified[1] <= time():
                refuse(Problem.TOKEN_EXPIRED, "The token has expired.")
            with self._lock:
                self._verified[digest] = verified
        return verified[0]

    def _claims(self, header: str) -> dict[str, Any]:
        # flask-jwt-extended would look for one among several, and take other spaces for a space.
        found = BEARER.fullmatch(header)
        if not found:
            refuse(Problem.TOKEN_MISSING, "Send an access token: Authorization: Bearer TOKEN.")
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {found[1]}"  # as it knows the scheme
        try:
            return self._verify()
        except ExpiredSignatureError:
            refuse(Problem.TOKEN_EXPIRED, "The token has expired.")
        # RecursionError: json.loads of a token with a thousand brackets
        except (PyJWTError, JWTExtendedException, RecursionError):
            refuse(Problem.TOKEN_INVALID, "This is not a valid access token of MentorHub.")

    def _verify(self) -> dict[str, Any]:
        # MentorHub's tokens don't name their key. None: there are public keys only.
        for carried().secret in self._secrets or [None]:
            try:
                _, claims = cast("tuple[Any, dict[str, Any]]", verify_token())
            except InvalidSignatureError:
                continue
            return claims
        raise InvalidSignatureError

    def _key(self, header: dict[str, Any], claims: dict[str, Any]) -> PyJWK:
        # Seen before the library completes the claims: it takes a token without a type for an
        # access token, and one without an expiry for eternal.
        if claims.get("type") != "access" or "exp" not in claims:
            raise InvalidTokenError
        # A PyJWK verifies the algorithm of its own, whatever the token says.
        is_shared = header.get("alg") == SHARED_ALGORITHM
        key = carried().secret if is_shared else self._public_key(header)
        if key is None:
            raise InvalidTokenError
        return key

    def _public_key(self, header: dict[str, Any]) -> PyJWK | None:
        # Nobody waits here for a key that may be on its way.
        if self._public is None:
            return None
        key = self._public.find(header.get("kid"))
        if not self._public:
            refuse(
                Problem.KEYS_UNAVAILABLE,
                "The keys of MentorHub's tokens can't be read: try again soon.",
                RETRY_AFTER,
            )
        if key is None:
            refuse(
                Problem.TOKEN_INVALID,
                "The token's key is not known: if it is new, it will be in half a minute.",
            )
        return key


def token_user() -> int:
    """The user whose token this request carries; ends a request without a valid one."""
    return service(Tokens).user()


def has_metrics_token() -> bool:
    return service(Tokens).is_of_metrics()


def _subject(claims: dict[str, Any]) -> int:
    try:
        return whole_number(claims["sub"])
    except ValueError:
        refuse(Problem.TOKEN_INVALID, "The token names no user.")
