"""Amounts are exact and in units of their currency, by ISO 4217 unless a setting says otherwise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from iso4217 import Currency

from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.money import OTHER, units
from tests.support import dashboard
from tests.support.mentorhub import check, pair, rows, tell
from tests.support.worlds import Stack, stack, world
from workers.audit import audit
from workers.install import install, install_schemas

__all__ = ["stack"]

NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)


def paid(stack: Stack, *payments: tuple[str, int, int], minor_units: str = "iso4217") -> None:
    """Completed payments: currency, amount, and how many days ago."""
    drawn = replace(world(NOON, "UTC"), minor_units=minor_units)
    drawn.rows["payments"] = [
        {
            "id": number,
            "student_id": 1,
            "amount": amount,
            "currency": currency,
            "status": "COMPLETED",
            "created_at": NOON - timedelta(ago),
        }
        for number, (currency, amount, ago) in enumerate(payments, start=1)
    ]
    stack.calculate(drawn)
    stack.set_clock(NOON)


def text(stack: Stack, path: str) -> str:
    return stack.admin.get(f"{dashboard.ROOT}/{path}").text


def test_an_amount_has_the_digits_of_its_currency(stack: Stack) -> None:
    paid(stack, ("JPY", 5000, 0), ("KWD", 12345, 0), ("RUB", 150050, 0), ("ABC", 150, 0))
    for currency, amount in (
        ("JPY", "5000"),
        ("KWD", "12.345"),
        ("RUB", "1500.50"),
        ("ABC", "1.50"),
    ):
        body = text(stack, f"revenue?days=1&currency={currency}")
        assert f'"total_revenue":{amount},' in body
        assert f'"revenue":{amount}}}' in body
        assert f'"total":{amount},' in text(stack, f"platform?currency={currency}")
    assert "total_revenue,12.345" in text(stack, "revenue?days=1&currency=KWD&format=csv")


def test_a_mean_amount_has_two_places_or_those_of_its_currency(stack: Stack) -> None:
    paid(stack, *(("JPY", amount, 0) for amount in (1, 1, 3)), ("KWD", 1, 0), ("KWD", 2, 0))
    assert '"avg_transaction":1.67,' in text(stack, "revenue?days=1&currency=JPY")
    assert '"avg_transaction":0.002,' in text(stack, "revenue?days=1&currency=KWD")


def test_other_minor_units_make_another_answer_and_no_recount(stack: Stack) -> None:
    paid(stack, ("KWD", 12345, 0))
    with connect(stack.settings.analytics_url()) as ours:
        before = ours.execute("SELECT max(audited_at) FROM control.audited").fetchone()
        tag = stack.admin.get(f"{dashboard.ROOT}/revenue?currency=KWD").headers["ETag"]
        install_schemas_again(stack, minor_units="KWD=2")
        assert ours.execute("SELECT max(audited_at) FROM control.audited").fetchone() == before
    answer = stack.admin.get(f"{dashboard.ROOT}/revenue?currency=KWD")
    assert '"total_revenue":123.45,' in answer.text
    assert answer.headers["ETag"] != tag


def install_schemas_again(stack: Stack, **changed: Any) -> None:
    with connect(stack.settings.analytics_url()) as ours:
        install_schemas(ours, replace(stack.settings, **changed), NOON)


@pytest.mark.parametrize(
    ("before", "now", "percent"), [(-100, -50, 50), (-100, 100, 200), (-100, -150, -50)]
)
def test_a_change_of_what_was_below_zero_has_its_own_sign(
    stack: Stack, before: int, now: int, percent: int
) -> None:
    paid(stack, ("RUB", before, 1), ("RUB", now, 0))
    body = dashboard.read(stack.admin, "revenue?days=1&compare=previous")
    assert body["comparison"]["metrics"]["total_revenue"]["change_percent"] == percent


def test_sums_beyond_all_integers_are_exact_and_equal_their_audit(postgres: Postgres) -> None:
    with pair(postgres, postgres) as settings:
        tell(
            settings.source_url(),
            "ALTER TABLE payments ALTER amount TYPE bigint",
            "INSERT INTO users (username, email, hashed_password, role, is_active) VALUES"
            " ('a', 'a', '', 'ADMIN', true), ('m', 'm', '', 'MENTOR', true)",
            "INSERT INTO mentors (user_id) VALUES (2)",
            "INSERT INTO payments (student_id, mentor_id, amount, currency, status, created_at)"
            " SELECT 1, 1, 9223372036854775807 - n, 'RUB', 'COMPLETED', '2026-03-09'"
            " FROM generate_series(0, 6) AS n",
        )
        install(settings)
        check(settings, rows(settings.source_url()))
        assert audit(settings, repair=False) == (0, [])


def test_minor_units_are_those_of_the_standard() -> None:
    standard = units("iso4217")
    for currency in Currency:
        digits = 2 if currency.exponent is None else currency.exponent
        assert standard[currency.code] == Decimal(1).scaleb(-digits)
    assert standard[OTHER] == Decimal("0.01")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("iso4217", {"RUB": "0.01", "JPY": "1", "KWD": "0.001", "IQD": "0.001", "IDR": "0.01"}),
        ("JPY=0,KWD=3", {"RUB": "0.01", "JPY": "1", "KWD": "0.001"}),
        ("JPY=2, ABC=4", {"RUB": "0.01", "JPY": "0.01", "ABC": "0.0001"}),
        ("1", {"RUB": "1", "JPY": "1", OTHER: "1"}),
        ("100", {"RUB": "0.01", "JPY": "0.01"}),
        ("1000", {"RUB": "0.001"}),
        ("0", {"RUB": "1"}),
        ("3", {"RUB": "0.001"}),
    ],
)
def test_a_setting_overrides_the_standard(setting: str, expected: dict[str, str]) -> None:
    known = units(setting)
    assert {code: str(known[code]) for code in expected} == expected


@pytest.mark.parametrize(
    "setting", ["12", "many", "JPY", "JPY=", "jpy=0", "JPY=0;KWD=3", "-1", "٣"]
)
def test_what_cannot_be_read_is_said(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="write iso4217"):
        units(setting)
