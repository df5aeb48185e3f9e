"""Access tokens as MentorHub signs them, and broken ones."""

from datetime import UTC, datetime, timedelta

import jwt

from tests.conftest import DEFAULTS

KEY = DEFAULTS.signing_key()


def sign(user_id: object, *, key: str = KEY, algorithm: str = "HS256", **claims: object) -> str:
    """A token of today's MentorHub; `claims` replace some of its own, None leaves one out."""
    now = datetime.now(UTC)
    payload: dict[str, object] = {
        "sub": str(user_id),
        "email": "someone@example.com",
        "role": "student",
        "exp": now + timedelta(minutes=15),
        "iat": now,
        "aud": "mentorhub",
        "iss": "mentorhub-api",
        "type": "access",
    }
    payload = {name: value for name, value in (payload | claims).items() if value is not None}
    return jwt.encode(payload, key if algorithm != "none" else "", algorithm)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
