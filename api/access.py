"""Who may read what: the token says who is asking, the database what they are today."""

from collections.abc import Callable
from functools import wraps

from flask import Response, g

from api.accounts import Account, accounts
from api.answers import remembered
from api.catalogue import Problem
from api.limits import limit_user
from api.negotiation import refuse_bodies, refuse_other_formats
from api.problems import RETRY_AFTER, refuse
from api.tickets import ticket_user
from api.tokens import token_user

View = Callable[..., Response]


def admin(view: View) -> View:
    """Only for admins."""
    return _guarded(view, lambda account, _: _is_admin(account))


def oneself_or_admin(view: View) -> View:
    """For the user of the path and for admins; it doesn't tell whether the user exists."""
    return _guarded(view, lambda account, path: account.id == path["user_id"] or _is_admin(account))


def everyone(view: View) -> View:
    """For every active account."""
    return _guarded(view, lambda _account, _path: True, personal=True)


def listener(view: View) -> View:
    """For every active account, whatever format it accepts; a ticket will do for a token."""

    @wraps(view)
    def guarded(**path: int) -> Response:
        g.account = _account(ticket_user() or token_user())
        refuse_bodies()
        return view(**path)

    return guarded


def _guarded(
    view: View, may: Callable[[Account, dict[str, int]], bool], *, personal: bool = False
) -> View:
    """`personal`: the answer depends on who asks."""

    @wraps(view)
    def guarded(**path: int) -> Response:
        g.account = _account(token_user())
        if not may(g.account, path):
            refuse(Problem.NOT_PERMITTED, "Your account may not read this.")
        refuse_bodies()
        refuse_other_formats()
        return remembered(g.account.id if personal else None) or view(**path)

    return guarded


def _is_admin(account: Account) -> bool:
    """A mirror put back from a copy must not make a demoted admin an admin again."""
    if account.is_admin and not account.is_proven:
        refuse(
            Problem.ROLE_NOT_PROVEN,
            "The accounts are being compared with MentorHub's.",
            RETRY_AFTER,
        )
    return account.is_admin


def _account(user_id: int) -> Account:
    limit_user(user_id)
    account = accounts().find(user_id)
    if account is None:
        refuse(Problem.TOKEN_INVALID, "The token's user does not exist any more.")
    if not account.is_active:
        refuse(Problem.ACCOUNT_DEACTIVATED, "Your account is deactivated.")
    return account
