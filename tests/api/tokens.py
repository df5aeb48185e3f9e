"""Access tokens as MentorHub signs them, and broken ones."""

from datetime import UTC, datetime, timedelta

import jwt

KEY = "the key that MentorHub signs with, in tests"

LIFETIME = timedelta(minutes=15)


def token(
    user_id: object, *, without: str = "", key: str = KEY, algorithm: str = "HS256", **claims: object
) -> str:
    """A token of today's MentorHub; `claims` replaces some of its claims, `without` drops one."""
    now = datetime.now(UTC)
    payload: dict[str, object] = {
        "sub": user_id if isinstance(user_id, int) is False else str(user_id),
        "email": "someone@example.com",
        "role": "student",
        "exp": now + LIFETIME,
        "iat": now,
        "aud": "mentorhub",
        "iss": "mentorhub-api",
        "type": "access",
    }
    payload |= claims
    payload.pop(without, None)
    return jwt.encode(payload, key if algorithm != "none" else None, algorithm)


def bearer(value: str | None) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {value}"} if value else {}
