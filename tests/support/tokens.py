"""Access tokens as MentorHub signs them, and broken ones."""

from datetime import UTC, datetime, timedelta

import jwt

from tests.support.databases import DEFAULTS

KEY = DEFAULTS.signing_key()


def claims(user_id: object, **others: object) -> dict[str, object]:
    """Those of today's MentorHub; `others` replace some of them, None leaves one out."""
    now = datetime.now(UTC)
    usual: dict[str, object] = {
        "sub": str(user_id),
        "email": "someone@example.com",
        "role": "student",
        "exp": now + timedelta(minutes=15),
        "iat": now,
        "aud": "mentorhub",
        "iss": "mentorhub-api",
        "type": "access",
    }
    return {name: value for name, value in (usual | others).items() if value is not None}


def sign(user_id: object, *, key: str = KEY, algorithm: str = "HS256", **others: object) -> str:
    """A token with these claims."""
    return jwt.encode(claims(user_id, **others), key if algorithm != "none" else "", algorithm)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
