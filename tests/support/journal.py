"""What became of payments and subscriptions, as who sees the rows at every fold writes it down."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.support.oracle import Journals, Oracle, currency_code

Amounts = tuple[Decimal | int, ...]

State = dict[tuple[int, str], Amounts]
"""Of each row, by its id and currency."""


class Journal:
    """`moments`: what happened at each, by table and currency.

    Of payments that is what was earned and refunded; of subscriptions what is new, grew, shrank and
    went.
    """

    def __init__(self) -> None:
        self.states: dict[str, State] = {"payments": {}, "subscriptions": {}}
        self.moments: Journals = {"payments": {}, "subscriptions": {}}

    def note(self, oracle: Oracle, now: datetime) -> None:
        """How the rows differ from what they were when somebody last looked."""
        for table, state, change in (
            ("payments", paid(oracle), _differs),
            ("subscriptions", subscribed(oracle), _moved),
        ):
            moments, before = self.moments[table], self.states[table]
            for key in {**before, **state}:
                none = (0,) * (2 if table == "payments" else 1)
                added = change(before.get(key, none), state.get(key, none))
                at = now, key[1]
                sums = moments.get(at, (0,) * len(added))
                moments[at] = tuple(map(sum, zip(sums, added, strict=True)))
            self.states[table] = state


def _differs(was: Amounts, becomes: Amounts) -> Amounts:
    return tuple(now - before for before, now in zip(was, becomes, strict=True))


def _moved(was: Amounts, becomes: Amounts) -> Amounts:
    """New, expansion, contraction, churn."""
    (before,), (now,) = was, becomes
    if not before:
        return now, 0, 0, 0
    if not now:
        return 0, 0, 0, before
    return 0, max(now - before, 0), max(before - now, 0), 0


def paid(oracle: Oracle) -> State:
    """Of each payment what it has earned and given back by now, in minor units."""
    return {
        _key(each): (
            each["amount"],
            each["amount"] if each["status"].lower() == "refunded" else 0,
        )
        for each in oracle.rows["payments"]
        if each["status"].lower() in {"completed", "refunded"} and each["amount"] is not None
    }


def subscribed(oracle: Oracle) -> State:
    """Of each subscription what it brings in a month, in main units."""
    return {
        _key(each): (each["amount"],)
        for each in oracle.rows["subscriptions"]
        if each["status"].lower() in {"active", "past_due"} and (each["amount"] or 0) > 0
    }


def _key(row: dict[str, Any]) -> tuple[int, str]:
    return row["id"], currency_code(row["currency"])
