"""Who may read what: the token says who is asking, the database what they are today."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, g
from flask_jwt_extended import JWTManager, get_jwt_identity
from flask_jwt_extended import verify_jwt_in_request as verify_token  # pyright: ignore[reportUnknownVariableType]
from flask_jwt_extended.exceptions import JWTExtendedException, NoAuthorizationError
from jwt import ExpiredSignatureError, InvalidTokenError, PyJWTError

from api.accounts import Account, accounts
from api.answers import remembered
from api.catalogue import Problem
from api.negotiation import refuse_bodies, refuse_other_formats
from api.parameters import whole_number
from api.problems import refuse
from shared.settings import Settings

View = Callable[..., Response]


def accept_tokens(app: Flask, settings: Settings) -> None:
    """Set the app up for MentorHub's access tokens as they are."""
    key = settings.signing_key()
    app.config.update(
        JWT_SECRET_KEY=key,
        JWT_ALGORITHM="HS256",
        JWT_DECODE_ALGORITHMS=["HS256"],
        JWT_DECODE_AUDIENCE=settings.jwt_audience,
        JWT_DECODE_ISSUER=settings.jwt_issuer,
        JWT_TOKEN_LOCATION=["headers"],
    )

    @JWTManager(app).decode_key_loader
    def needed_claims(_header: dict[str, Any], claims: dict[str, Any]) -> str:  # pyright: ignore[reportUnusedFunction]
        # Seen before the library completes the claims: it takes a token without a type for an
        # access token, and one without an expiry for eternal.
        if claims.get("type") != "access" or "exp" not in claims:
            raise InvalidTokenError
        return key


def admin(view: View) -> View:
    """Only for admins."""
    return _guarded(view, lambda account, _: account.is_admin)


def oneself_or_admin(view: View) -> View:
    """For the user of the path and for admins; it doesn't tell whether the user exists."""
    return _guarded(view, lambda account, path: account.is_admin or account.id == path["user_id"])


def everyone(view: View) -> View:
    """For every active account."""
    return _guarded(view, lambda _account, _path: True)


def listener(view: View) -> View:
    """For every active account, whatever format it accepts."""

    @wraps(view)
    def guarded(**path: int) -> Response:
        g.account = _account()
        refuse_bodies()
        return view(**path)

    return guarded


def _guarded(view: View, may: Callable[[Account, dict[str, int]], bool]) -> View:
    @wraps(view)
    def guarded(**path: int) -> Response:
        g.account = _account()
        if not may(g.account, path):
            refuse(Problem.NOT_PERMITTED, "Your account may not read this.")
        refuse_other_formats()
        refuse_bodies()
        return remembered(view.__qualname__, g.account.id) or view(**path)

    return guarded


def _account() -> Account:
    account = accounts().find(_token_user())
    if account is None:
        refuse(Problem.TOKEN_INVALID, "The token's user does not exist any more.")
    if not account.is_active:
        refuse(Problem.ACCOUNT_DEACTIVATED, "Your account is deactivated.")
    return account


def _token_user() -> int:
    try:
        verify_token()
    # IndexError: flask-jwt-extended's answer to a header of commas
    except (NoAuthorizationError, IndexError):
        refuse(Problem.TOKEN_MISSING, "Send an access token: Authorization: Bearer TOKEN.")
    except ExpiredSignatureError:
        refuse(Problem.TOKEN_EXPIRED, "The token has expired.")
    # RecursionError: json.loads of a token with a thousand brackets
    except (PyJWTError, JWTExtendedException, RecursionError):
        refuse(Problem.TOKEN_INVALID, "This is not a valid access token of MentorHub.")
    try:
        return whole_number(get_jwt_identity())
    except ValueError:
        refuse(Problem.TOKEN_INVALID, "The token names no user.")
