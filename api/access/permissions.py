"""Who may read what: the token says who is asking, the database what they are today."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import NoReturn

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from api.access.accounts import Accounts
from api.access.tickets import ticket_user
from api.access.tokens import has_metrics_token, token_user
from api.answers.responses import remembered
from api.problems import RETRY_AFTER, Problem, refuse
from api.requests.carried import Account, carried
from api.requests.negotiation import refuse_bodies, refuse_other_formats
from api.requests.rate_limits import limit_user
from api.services import service
from shared.metrics import ADMINS, MENTOR, USER

View = Callable[..., Response]

May = Callable[[Account, Mapping[str, object]], bool]
"""Whether an account may read what the values of a path and its query name."""


def admin(view: View) -> View:
    """Only for admins."""
    return _permitted(view, RULES[admin])


def oneself_or_admin(view: View) -> View:
    """For the user of the path and for admins; it doesn't tell whether the user exists."""
    return _permitted(view, RULES[oneself_or_admin])


def everyone(view: View) -> View:
    """For every active account."""
    return _permitted(view, RULES[everyone], personal=True)


def own_rows_or_admin(key: str) -> Callable[[View], View]:
    """A permission: what is asked for must be filtered by the key, and be the account's own."""

    def own_rows(view: View) -> View:
        return _permitted(view, RULES[own_rows])

    whom = {USER: "the user of that id", MENTOR: "the mentor of that id"}[key]
    own_rows.__doc__ = f"For admins, and with `{key}` for {whom}."
    RULES[own_rows] = lambda account, asked: (
        asked.get(key) in {str(each) for each in _own(account, key)} or _is_admin(account)
    )
    return own_rows


RULES: dict[object, May] = {
    admin: lambda account, _: _is_admin(account),
    oneself_or_admin: lambda account, path: account.id == path["user_id"] or _is_admin(account),
    everyone: lambda _account, _path: True,
}


def own_ids(readers: str) -> tuple[int, ...]:
    """Of the key that a metric file names as its readers, those that are the account's own."""
    return _own(carried().account, readers)


def may_read_some(readers: str) -> bool:
    """Whether the account may read any row of what a metric file says is for these readers."""
    return bool(own_ids(readers)) or _is_admin(carried().account)


def refuse_without_right(path: str, asked: Mapping[str, str]) -> None:
    """End a request for a ticket to what is no answer, or none for its account today."""
    try:
        endpoint, values = current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        endpoint, values = "", {}
    view_class = getattr(current_app.view_functions.get(endpoint), "view_class", None)
    may = RULES.get(view_class.decorators[0]) if view_class else None
    if may is None:
        refuse(Problem.UNKNOWN_ADDRESS, "There is no answer at this address.")
    if not may(carried().account, {**asked, **values}):
        refuse(Problem.NOT_PERMITTED, "Your account may not read this.")


def editor(view: View) -> View:
    """Only for admins."""

    @wraps(view)
    def permitted(**path: int) -> Response:
        _let_admins("Your account may neither read nor write this.")
        if request.method not in {"POST", "PUT"}:
            refuse_bodies()
        return view(**path)

    return permitted


def listener(view: View) -> View:
    """For every active account, whatever format it accepts; a ticket will do for a token."""

    @wraps(view)
    def permitted(**path: int) -> Response:
        carried().account = _account(ticket_user() or token_user())
        refuse_bodies()
        return view(**path)

    return permitted


def operator(view: View) -> View:
    """For who has METRICS_TOKEN, also while the database is away, and for admins."""

    @wraps(view)
    def permitted() -> Response:
        if not has_metrics_token():
            _let_admins("Your account may not read this.")
        refuse_bodies()
        return view()

    return permitted


def _permitted(view: View, may: May, *, personal: bool = False) -> View:
    """`personal`: the answer depends on who asks."""

    @wraps(view)
    def permitted(**path: int) -> Response:
        carried().account = _account(ticket_user() or token_user())
        if not may(carried().account, {**request.args, **path}):
            refuse(Problem.NOT_PERMITTED, "Your account may not read this.")
        refuse_bodies()
        refuse_other_formats()
        return remembered(carried().account.id if personal else None) or view(**path)

    return permitted


def _let_admins(sentence: str) -> None:
    """By their tokens, and no tickets."""
    carried().account = _account(token_user())
    if not _is_admin(carried().account):
        refuse(Problem.NOT_PERMITTED, sentence)


def _is_admin(account: Account) -> bool:
    """A mirror put back from a copy must not make a demoted admin an admin again."""
    if account.is_admin and not account.is_proven:
        _refuse_unproven()
    return account.is_admin


def _own(account: Account, readers: str) -> tuple[int, ...]:
    """Nor somebody a mentor who is one no more."""
    if readers == MENTOR and account.mentors and not account.is_mentor_proven:
        _refuse_unproven()
    return {ADMINS: (), USER: (account.id,), MENTOR: account.mentors}[readers]


def _refuse_unproven() -> NoReturn:
    refuse(
        Problem.ROLE_NOT_PROVEN, "The accounts are being compared with MentorHub's.", RETRY_AFTER
    )


def _account(user_id: int) -> Account:
    limit_user(user_id)
    account = service(Accounts).find(user_id)
    if account is None:
        refuse(Problem.TOKEN_INVALID, "The token's user does not exist any more.")
    if not account.is_active:
        refuse(Problem.ACCOUNT_DEACTIVATED, "Your account is deactivated.")
    return account
