"""Access tokens signed as MentorHub signs them, for demos and for trying things out."""

from datetime import UTC, datetime, timedelta

from shared.settings import Settings

ROLES = ("admin", "mentor", "student")


def sign(settings: Settings, *, user_id: int, role: str, expires: timedelta) -> str:
    """A token of type `access` for a user. Raises ConfigurationError without a signing key."""
    import jwt  # noqa: PLC0415 - other commands start quicker without it

    now = datetime.now(UTC)
    claims = {
        "sub": str(user_id),
        "email": f"user{user_id}@example.com",
        "role": role,
        "iat": now,
        "exp": now + expires,
        "aud": settings.jwt_audience,
        "iss": settings.jwt_issuer,
        "type": "access",
    }
    return jwt.encode(claims, settings.signing_key(), algorithm="HS256")
