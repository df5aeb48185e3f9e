"""What MentorHub overwrites is remembered when it is counted, whatever becomes of the mirror."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.database import Connection, connect
from shared.journals import JOURNALS
from shared.settings import Settings
from tests.support.dashboard import asking
from tests.support.stored import differences, unbalanced
from tests.support.world import ADMIN, fill
from workers.audit import audit
from workers.fold import fold, one, snapshot, worker_connection
from workers.install import install_schemas
from workers.rebuild import rebuild

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""Of the day that stories begin on."""

Days = dict[tuple[int, str], tuple[int, int]]
"""Earned and refunded, in minor units, by the days since then and the currency."""

PAYMENT = (
    "INSERT INTO public.payments (id, amount, currency, status, created_at)"
    " VALUES ({}, {}, '{}', '{}', '2026-03-10 12:00Z')"
)


def status(of: int, becomes: str) -> str:
    return f"UPDATE public.payments SET status = '{becomes}' WHERE id = {of}"  # noqa: S608


def happens(ours: Connection, worker: Connection, days: float, *statements: str) -> None:
    """So long after noon; folded then."""
    now = (NOON + timedelta(days)).isoformat()
    for statement in statements:
        ours.execute(statement.encode())
    worker.execute("SELECT set_config('analytics.now', %s, false)", [now])
    fold(worker)


def answer(connection: Connection) -> Days:
    rows = connection.execute(
        "SELECT day - date '2026-03-10', currency, earned, refunded FROM analytics.net_revenue"
    )
    return {(day, currency): (int(had), int(gave)) for day, currency, had, gave in rows}


def entries(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT * FROM kept.payment_journal ORDER BY id").fetchall()


def adds_up(connection: Connection) -> bool:
    """Of every payment the entries are what it is, and the answer is counted from them."""
    return not unbalanced(connection, "payment_journal") + differences(connection, "net_revenue")


def begin_anew(settings: Settings) -> None:
    """As a new version does."""
    with connect(settings.analytics_url()) as connection:
        connection.execute("UPDATE control.installation SET definitions = 'of another version'")
        install_schemas(connection, settings, datetime.now(UTC))


def forget(ours: Connection) -> None:
    """As in a version that had no journals yet."""
    ours.execute("DROP SCHEMA kept CASCADE")


STORIES: dict[str, tuple[list[tuple[str, ...]], Days]] = {
    "a payment that is refunded weeks later is earned then, and given back now": (
        [
            (PAYMENT.format(1, 500, "RUB", "PENDING"),),
            (status(1, "COMPLETED"),),
            (),
            (status(1, "REFUNDED"),),
        ],
        {(1, "RUB"): (500, 0), (3, "RUB"): (0, 500)},
    ),
    "what fails is neither": (
        [(PAYMENT.format(1, 500, "RUB", "PENDING"),), (status(1, "FAILED"),)],
        {},
    ),
    "a status that goes back and forth is what it did each day": (
        [
            (PAYMENT.format(1, 500, "RUB", "COMPLETED"),),
            (status(1, "REFUNDED"),),
            (status(1, "COMPLETED"),),
            (status(1, "PENDING"),),
            (status(1, "REFUNDED"),),
        ],
        {
            (0, "RUB"): (500, 0),
            (1, "RUB"): (0, 500),
            (2, "RUB"): (0, -500),
            (3, "RUB"): (-500, 0),
            (4, "RUB"): (500, 500),
        },
    ),
    "back and forth between two folds is nothing": (
        [
            (PAYMENT.format(1, 500, "RUB", "COMPLETED"),),
            (status(1, "REFUNDED"), status(1, "COMPLETED")),
        ],
        {(0, "RUB"): (500, 0)},
    ),
    "another amount is the difference, of a refund too": (
        [
            (PAYMENT.format(1, 500, "RUB", "COMPLETED"), PAYMENT.format(2, 70, "RUB", "REFUNDED")),
            ("UPDATE public.payments SET amount = amount - 60",),
        ],
        {(0, "RUB"): (570, 70), (1, "RUB"): (-120, -60)},
    ),
    "another currency moves the amount, and adds no two of them": (
        [
            (PAYMENT.format(1, 500, "RUB", "COMPLETED"),),
            ("UPDATE public.payments SET currency = 'JPY'",),
        ],
        {(0, "RUB"): (500, 0), (1, "RUB"): (-500, 0), (1, "JPY"): (500, 0)},
    ),
    "a payment that is deleted is taken back on that day": (
        [
            (PAYMENT.format(1, 500, "RUB", "REFUNDED"), PAYMENT.format(2, 9, "USD", "COMPLETED")),
            ("DELETE FROM public.payments",),
        ],
        {
            (0, "RUB"): (500, 500),
            (1, "RUB"): (-500, -500),
            (0, "USD"): (9, 0),
            (1, "USD"): (-9, 0),
        },
    ),
    "a mirror that is copied again is no change": (
        [
            (PAYMENT.format(1, 500, "RUB", "COMPLETED"), PAYMENT.format(2, 70, "RUB", "REFUNDED")),
            (
                "CREATE TABLE public.copied AS TABLE public.payments",
                "TRUNCATE public.payments",
                "INSERT INTO public.payments TABLE public.copied",
                "DROP TABLE public.copied",
            ),
        ],
        {(0, "RUB"): (570, 70)},
    ),
    "a mirror that was seen empty meanwhile loses no earlier day": (
        [
            (
                PAYMENT.format(1, 500, "RUB", "COMPLETED"),
                "CREATE TABLE public.copied AS TABLE public.payments",
            ),
            (status(1, "REFUNDED"),),
            ("TRUNCATE public.payments",),
            ("INSERT INTO public.payments TABLE public.copied", "DROP TABLE public.copied"),
        ],
        {
            (0, "RUB"): (500, 0),
            (1, "RUB"): (0, 500),
            (2, "RUB"): (-500, -500),
            (3, "RUB"): (500, 0),
        },
    ),
    "dates of no calendar and days to come change nothing of when it was counted": (
        [
            (
                PAYMENT.format(1, 500, "RUB", "COMPLETED"),
                "UPDATE public.payments SET created_at = 'infinity', updated_at = '-infinity'",
                PAYMENT.format(2, 9, "USD", "COMPLETED"),
                "UPDATE public.payments SET created_at = '9999-12-30Z' WHERE id = 2",
            ),
            ("UPDATE public.payments SET status = 'REFUNDED', created_at = NULL",),
        ],
        {
            (0, "RUB"): (500, 0),
            (0, "USD"): (9, 0),
            (1, "RUB"): (0, 500),
            (1, "USD"): (0, 9),
        },
    ),
}
"""What happens on each day, and what net revenue there is then."""


@pytest.mark.parametrize("story", STORIES)
def test_each_change_of_a_payment_is_of_the_day_it_was_counted(
    ours: Connection, worker: Connection, settings: Settings, story: str
) -> None:
    days, expected = STORIES[story]
    for day, statements in enumerate(days):
        happens(ours, worker, day, *statements)
    assert answer(ours) == expected
    assert audit(settings, repair=False) == (0, [])
    assert adds_up(ours)


SUBSCRIPTION = (
    "INSERT INTO public.subscriptions (id, user_id, amount, currency, status, created_at)"
    " VALUES ({0}, {0}, {1}, 'RUB', '{2}', '2026-01-10 12:00Z')"
)


def subscription(of: int, change: str) -> str:
    return f"UPDATE public.subscriptions SET {change} WHERE id = {of}"  # noqa: S608


BRIDGE: list[tuple[str, ...]] = [
    (
        *(SUBSCRIPTION.format(of, "9.90", "ACTIVE") for of in (1, 2, 3, 4, 5)),
        SUBSCRIPTION.format(6, "19.95", "TRIAL"),
        SUBSCRIPTION.format(7, "0", "FREE"),
        SUBSCRIPTION.format(8, "-5", "ACTIVE"),
        SUBSCRIPTION.format(9, "'NaN'", "ACTIVE"),
        SUBSCRIPTION.format(10, "NULL", "ACTIVE"),
    ),
    (
        subscription(1, "amount = 19.95"),
        subscription(2, "amount = 0.01"),
        subscription(3, "status = 'CANCELLED'"),
        subscription(4, "status = 'PAST_DUE', updated_at = now()"),
        subscription(5, "currency = 'JPY'"),
        subscription(6, "status = 'ACTIVE'"),
        # between two folds it went, and came back
        subscription(1, "status = 'EXPIRED'"),
        subscription(1, "status = 'ACTIVE'"),
    ),
    (
        subscription(3, "status = 'ACTIVE', amount = 4.90"),
        "DELETE FROM public.subscriptions WHERE id = 1",
        subscription(4, "amount = 0"),
        subscription(8, "amount = 5"),
        subscription(9, "amount = 1.005"),
    ),
]
"""What becomes of subscriptions, a month after the other."""

MOVES = {
    1: [(0, "RUB", "9.90", "9.90"), (31, "RUB", "10.05", "19.95"), (62, "RUB", "-19.95", "0")],
    2: [(0, "RUB", "9.90", "9.90"), (31, "RUB", "-9.89", "0.01")],
    3: [(0, "RUB", "9.90", "9.90"), (31, "RUB", "-9.90", "0"), (62, "RUB", "4.90", "4.90")],
    4: [(0, "RUB", "9.90", "9.90"), (62, "RUB", "-9.90", "0")],
    5: [(0, "RUB", "9.90", "9.90"), (31, "JPY", "9.90", "9.90"), (31, "RUB", "-9.90", "0")],
    6: [(31, "RUB", "19.95", "19.95")],
    8: [(62, "RUB", "5", "5")],
    9: [(62, "RUB", "1.005", "1.005")],
}
"""By subscription: when, in which currency, by how much, and what it brings from then on."""

NAMES = ("start", "new", "expansion", "contraction", "churn", "end")

BRIDGES = {
    "RUB": {
        "2026-02-01": (0, 0, 0, 0, 0, 0),
        "2026-03-01": (0, 49.5, 0, 0, 0, 49.5),
        "2026-04-01": (49.5, 19.95, 10.05, 9.89, 19.8, 49.81),
        "2026-05-01": (49.81, 10.905, 0, 0, 29.85, 30.865),
    },
    "JPY": {
        "2026-02-01": (0, 0, 0, 0, 0, 0),
        "2026-03-01": (0, 0, 0, 0, 0, 0),
        "2026-04-01": (0, 9.9, 0, 0, 0, 9.9),
        "2026-05-01": (9.9, 0, 0, 0, 0, 9.9),
    },
}
"""What is answered, by the currency and the month."""


def test_recurring_revenue_goes_from_start_to_end_by_what_is_new_grew_shrank_and_went(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    fill(ours)
    fold(worker)
    for months, statements in enumerate(BRIDGE):
        happens(ours, worker, 31 * months, *statements)
    moves: dict[int, list[tuple[Any, ...]]] = {}
    for of, *move in ours.execute(
        "SELECT subscription_id, happened_at::date - date '2026-03-10', currency, amount, becomes"
        " FROM kept.subscription_journal ORDER BY happened_at, currency"
    ):
        moves.setdefault(of, []).append(tuple(move))
    assert moves == {
        of: [(day, code, Decimal(by), Decimal(to)) for day, code, by, to in each]
        for of, each in MOVES.items()
    }
    assert audit(settings, repair=False) == (0, [])
    assert not unbalanced(ours, "subscription_journal")
    with asking(settings, ADMIN) as client:
        address = "/api/v1/analytics/metrics/recurring_revenue?from=2026-02-03&to=2026-05-20"
        rows = client.get(f"{address}&by=month,currency").json["rows"]
        for currency, bridge in BRIDGES.items():
            answered = {
                row["month"]: tuple(row[name] for name in NAMES)
                for row in rows
                if row["currency"] == currency
            }
            assert answered == bridge
            sums = (sum(numbers) for numbers in list(zip(*bridge.values(), strict=True))[1:-1])
            last = list(bridge.values())[-1][-1]
            response = client.get(f"{address}&currency={currency}")
            whole = dict(zip(NAMES, (0, *sums, last), strict=True))
            assert response.json["total"] == pytest.approx(whole)
            assert "X-Analytics-Since" in response.headers


def test_subscriptions_of_the_beginning_are_of_the_day_they_were_created(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    for statement in (*BRIDGE[0], "UPDATE public.subscriptions SET created_at = NULL WHERE id = 2"):
        ours.execute(statement.encode())
    forget(ours)
    begin_anew(settings)
    ours.execute(subscription(3, "status = 'EXPIRED'").encode())
    fold(worker)
    today = datetime.now(UTC).date()
    assert ours.execute(
        "SELECT happened_at::date, found_by, subscription_id, currency, amount, becomes"
        " FROM kept.subscription_journal ORDER BY found_by DESC, subscription_id"
    ).fetchall() == [
        (
            today if of == 2 else datetime(2026, 1, 10, tzinfo=UTC).date(),
            "opening",
            of,
            "RUB",
            Decimal("9.90"),
            Decimal("9.90"),
        )
        for of in (1, 2, 3, 4, 5)
    ] + [(today, "fold", 3, "RUB", Decimal("-9.90"), Decimal(0))]
    begin_anew(settings)
    assert not unbalanced(ours, "subscription_journal")


def test_what_became_of_a_subscription_while_nobody_looked_is_found_with_what_it_is_now(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    happens(ours, worker, 0, *BRIDGE[0])
    # captured by the version before, and never folded
    for statement in BRIDGE[1]:
        ours.execute(statement.encode())
    begin_anew(settings)
    found = ours.execute(
        "SELECT subscription_id, currency, amount, becomes FROM kept.subscription_journal"
        " WHERE found_by = 'comparison' ORDER BY subscription_id, currency"
    ).fetchall()
    assert found == [
        (of, code, Decimal(by), Decimal(to))
        for of, moves in MOVES.items()
        for day, code, by, to in moves
        if day == 31
    ]


def test_an_amount_that_cant_be_counted_is_no_entry_until_it_can(
    ours: Connection, worker: Connection
) -> None:
    happens(ours, worker, 0, PAYMENT.format(1, -(2**63), "RUB", "COMPLETED"))
    assert entries(ours) == []
    happens(ours, worker, 1, "UPDATE public.payments SET amount = 7")
    assert answer(ours) == {(1, "RUB"): (7, 0)}


def test_a_day_is_one_of_the_reporting_time_zone(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    happens(ours, worker, 0.49, PAYMENT.format(1, 500, "RUB", "COMPLETED"))
    assert answer(ours) == {(0, "RUB"): (500, 0)}
    moscow = Settings(**{**vars(settings), "timezone": "Europe/Moscow"})
    rebuild(moscow)
    assert answer(ours) == {(1, "RUB"): (500, 0)}


def test_what_there_was_at_the_beginning_is_of_the_day_it_says_itself(
    ours: Connection, settings: Settings
) -> None:
    ours.execute(
        "INSERT INTO public.payments (id, amount, currency, status, created_at, updated_at) VALUES"
        " (1, 500, 'RUB', 'COMPLETED', '2026-03-10 12:00Z', '2026-03-15 12:00Z'),"
        " (2, 70, 'RUB', 'REFUNDED', '2026-03-11 12:00Z', '2026-03-14 12:00Z'),"
        " (3, 30, 'RUB', 'REFUNDED', '2026-03-11 12:00Z', NULL),"
        " (4, 9, 'RUB', 'PENDING', '2026-03-11 12:00Z', NULL),"
        " (5, 1, 'KWD', 'COMPLETED', 'infinity', NULL),"
        " (6, 2, 'KWD', 'COMPLETED', '9999-01-01Z', NULL)"
    )
    forget(ours)
    before = datetime.now(UTC)
    begin_anew(settings)
    today = (before.date() - NOON.date()).days
    assert answer(ours) == {
        (0, "RUB"): (500, 0),
        (1, "RUB"): (100, 30),
        (4, "RUB"): (0, 70),
        (today, "KWD"): (3, 0),
    }
    (since,) = ours.execute("SELECT min(since) FROM analytics.journal").fetchone() or (None,)
    assert since >= before
    assert {entry[2] for entry in entries(ours)} == {"opening"}
    assert adds_up(ours)


def test_an_empty_installation_begins_an_empty_journal(ours: Connection) -> None:
    assert entries(ours) == []
    journals = ours.execute("SELECT name FROM analytics.journal").fetchall()
    assert journals == [(name,) for name in JOURNALS]


def test_an_upgrade_writes_nothing_twice_and_what_it_missed_once(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    happens(ours, worker, 0, PAYMENT.format(1, 500, "RUB", "COMPLETED"))
    since = ours.execute("TABLE kept.journal").fetchall()
    before = entries(ours)
    begin_anew(settings)
    begin_anew(settings)
    assert entries(ours) == before
    # captured by the version before, and never folded
    ours.execute(status(1, "REFUNDED").encode())
    begin_anew(settings)
    (found,) = entries(ours)[len(before) :]
    assert found[2:] == ("comparison", 1, "RUB", Decimal(0), Decimal(500))
    assert ours.execute("TABLE kept.journal").fetchall() == since
    assert adds_up(ours)


def test_a_rebuild_writes_nothing(ours: Connection, worker: Connection, settings: Settings) -> None:
    happens(ours, worker, 0, PAYMENT.format(1, 500, "RUB", "COMPLETED"))
    happens(ours, worker, 1, status(1, "REFUNDED"))
    before = entries(ours)
    ours.execute("DELETE FROM analytics.net_revenue")
    assert rebuild(settings) == 2
    assert entries(ours) == before
    assert answer(ours) == {(0, "RUB"): (500, 0), (1, "RUB"): (0, 500)}


def test_nobody_changes_or_deletes_an_entry(ours: Connection, worker: Connection) -> None:
    happens(ours, worker, 0, PAYMENT.format(1, 500, "RUB", "COMPLETED"))
    for statement in (
        "UPDATE kept.payment_journal SET earned = 7",
        "DELETE FROM kept.payment_journal",
        "DELETE FROM analytics.payment_journal",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="neither changed nor deleted"):
            ours.execute(statement.encode())


def test_an_audit_names_whose_entries_dont_add_up_and_the_next_fold_adds_what_lacks(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    happens(ours, worker, 0, PAYMENT.format(1, 500, "RUB", "COMPLETED"))
    before = entries(ours)
    ours.execute("TRUNCATE kept.payment_journal")
    ours.execute("DELETE FROM analytics.net_revenue")
    found = audit(settings, repair=False)
    lacking = {"payment_id": 1, "currency": "RUB", "earned": 500, "refunded": 0}
    assert [tuple(row) for row in found.rows] == [("payment_journal", lacking)]
    # beside a change that is pending
    ours.execute(status(1, "REFUNDED").encode())
    assert audit(settings, repair=True).wrong == 1
    (entry,) = entries(ours)
    assert entry[2:] == ("comparison", *before[0][3:5], Decimal(500), Decimal(500))
    assert audit(settings, repair=True) == (0, [])
    assert adds_up(ours)


def test_an_audit_of_many_entries_goes_on_part_by_part_and_each_costs_its_part(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    many, wrong = 10_000, {-7, 1, 4321, 9999, 10**9}
    ours.execute(
        "INSERT INTO public.payments (id, amount, currency, status, created_at)"
        " SELECT n, 5, 'RUB', 'COMPLETED', now() FROM generate_series(1, %s) AS n",
        [many],
    )
    fold(worker)
    ours.execute(
        "INSERT INTO kept.payment_journal"
        " (happened_at, found_by, payment_id, currency, earned, refunded)"
        " SELECT now(), 'fold', id, 'RUB', 1, 0 FROM unnest(%s) AS id",
        [list(wrong)],
    )
    ours.execute("ANALYZE")
    found: list[int] = []
    is_over = False
    while not is_over:
        with snapshot(worker):
            read = -one(worker, "SELECT control.rows_read()")
            found.append(one(worker, "SELECT control.audit('payment_journal', false, false)"))
            read += one(worker, "SELECT control.rows_read()")
        assert read < many, "of payments and entries together"
        is_over = one(ours, "SELECT bool_or(next_key IS NULL) FROM control.audited")
    assert len(found) == many // 1000
    assert sum(found) == len(wrong)
    assert audit(settings, ["payment_journal"], repair=True).wrong == len(wrong)
    assert audit(settings, ["payment_journal"], repair=False).wrong == 0


def test_many_folds_and_audits_beside_a_writer_write_each_change_once(
    ours: Connection, settings: Settings
) -> None:
    ours.execute(
        "INSERT INTO public.payments (id, amount, currency, status, created_at)"
        " SELECT n, n, 'RUB', 'COMPLETED', now() FROM generate_series(1, 50) AS n"
    )
    for round_ in range(6):
        ours.execute(
            sql.SQL("UPDATE public.payments SET status = {} WHERE id %% 5 = %s").format(
                sql.Literal("REFUNDED" if round_ % 2 else "COMPLETED")
            ),
            [round_ % 5],
        )
        with worker_connection(settings) as one, worker_connection(settings) as other:
            fold(one)
            fold(other)
        assert audit(settings, repair=True) == (0, [])
    written = Counter(entry[3] for entry in entries(ours))
    assert written == {n: 1 if n % 5 in {2, 4} else 2 for n in range(1, 51)}
    assert adds_up(ours)


def test_an_answer_says_since_when_it_is_exact(ours: Connection, settings: Settings) -> None:
    fill(ours)
    with worker_connection(settings) as worker:
        fold(worker)
    (since,) = ours.execute("SELECT since FROM kept.journal").fetchone() or (None,)
    with asking(settings, ADMIN) as client:
        response = client.get("/api/v1/analytics/metrics/net_revenue?days=1")
        said = datetime.fromisoformat(response.headers["X-Analytics-Since"])
        assert abs(said - since) < timedelta(milliseconds=1)
        total = {"earned": 123.45, "refunded": 0, "net": 123.45}
        assert response.json["total"] == pytest.approx(total)
        other = client.get("/api/v1/analytics/metrics/revenue?days=1")
        assert "X-Analytics-Since" not in other.headers
