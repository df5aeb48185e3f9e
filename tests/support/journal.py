"""What became of payments, as somebody writes it down who sees the rows at every fold."""

from datetime import datetime

from tests.support.oracle import Oracle, currency_code

Amounts = tuple[int, int]
"""Earned and refunded, in minor units."""


class Journal:
    """`moments`: what was earned and refunded at each, by currency."""

    def __init__(self) -> None:
        self.states: dict[tuple[int, str], Amounts] = {}
        self.moments: dict[tuple[datetime, str], Amounts] = {}

    def note(self, oracle: Oracle, now: datetime) -> None:
        """How the payments differ from what they were when somebody last looked."""
        states = paid(oracle)
        for key in {**self.states, **states}:
            was, becomes = (known.get(key, (0, 0)) for known in (self.states, states))
            at = now, key[1]
            earned, refunded = self.moments.get(at, (0, 0))
            self.moments[at] = (
                earned + becomes[0] - was[0],
                refunded + becomes[1] - was[1],
            )
        self.states = states


def paid(oracle: Oracle) -> dict[tuple[int, str], Amounts]:
    """Of each payment what it has earned and given back by now."""
    return {
        (each["id"], currency_code(each["currency"])): (
            each["amount"],
            each["amount"] if each["status"].lower() == "refunded" else 0,
        )
        for each in oracle.rows["payments"]
        if each["status"].lower() in {"completed", "refunded"} and each["amount"] is not None
    }
