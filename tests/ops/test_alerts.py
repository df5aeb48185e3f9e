"""A rule fires in the fold that crosses its threshold, once a crossing, and its webhook is told."""

import hashlib
import hmac
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

from shared.database import Connection
from shared.settings import Settings
from workers import alerts
from workers.fold import fold, worker_connection

SECRET = "known to the webhook, too"  # noqa: S105


def rule(ours: Connection, **fields: Any) -> int:
    """The id of a new rule: more than two sessions today, unless `fields` say otherwise."""
    entry = {
        "metric": "session_day",
        "measure": "sessions",
        "filters": "{}",
        "days": 1,
        "direction": "above",
        "threshold": 2,
        "is_relative": False,
        "webhook": None,
    } | fields
    row = ours.execute(
        "INSERT INTO kept.alert (metric, measure, filters, days, direction, threshold, is_relative,"
        " webhook) VALUES (%(metric)s, %(measure)s, %(filters)s, %(days)s, %(direction)s,"
        " %(threshold)s, %(is_relative)s, %(webhook)s) RETURNING id",
        entry,
    ).fetchone()
    assert row
    return row[0]


def sessions(ours: Connection, *ids: int, status: str = "COMPLETED", days_ago: int = 0) -> None:
    for number in ids:
        ours.execute(
            "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status,"
            " created_at) VALUES (%s, 1, 1, 60, %s, now() - make_interval(days => %s))",
            [number, status, days_ago],
        )


def firings(ours: Connection) -> list[tuple[int, float, bool]]:
    """Rule, value, and whether it is over."""
    return ours.execute(
        "SELECT alert, value::float8, ended_at IS NOT NULL FROM kept.firing ORDER BY id"
    ).fetchall()


def test_it_fires_once_when_the_threshold_is_crossed_and_again_after_it_came_back(
    ours: Connection, worker: Connection
) -> None:
    alert = rule(ours)
    sessions(ours, 1, 2)
    fold(worker)
    assert firings(ours) == []

    sessions(ours, 3)
    fold(worker)
    assert firings(ours) == [(alert, 3, False)]
    sessions(ours, 4)
    fold(worker)
    fold(worker)
    assert firings(ours) == [(alert, 3, False)]

    ours.execute("DELETE FROM public.sessions WHERE id > 2")
    fold(worker)
    assert firings(ours) == [(alert, 3, True)]
    sessions(ours, 5, 6)
    fold(worker)
    assert firings(ours) == [(alert, 3, True), (alert, 4, False)]


def test_who_is_killed_before_the_commit_has_let_nothing_fire_and_the_next_one_does(
    ours: Connection, settings: Settings, worker: Connection
) -> None:
    alert = rule(ours)
    sessions(ours, 1, 2, 3)
    with worker_connection(settings) as killed, killed.transaction(force_rollback=True):
        killed.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
        killed.execute("SELECT control.fold(NULL)")
        assert killed.execute("SELECT control.evaluate_alerts()").fetchone() == (1,)
    assert firings(ours) == []
    fold(worker)
    assert firings(ours) == [(alert, 3, False)]


def test_rules_are_about_days_keys_ratios_and_changes(ours: Connection, worker: Connection) -> None:
    cancelled = rule(ours, filters='{"status": "cancelled"}', threshold=0)
    week = rule(ours, days=7, threshold=3)
    falls = rule(ours, days=7, is_relative=True, direction="below", threshold=-40)
    rate = rule(
        ours, metric="platform_total", measure="completion_rate", direction="below", threshold=90
    )
    sessions(ours, 1, 2, 3, 4, 5, days_ago=8)
    fold(worker)
    ours.execute("DELETE FROM kept.firing")
    sessions(ours, 6, 7, status="CANCELLED", days_ago=0)
    fold(worker)
    assert firings(ours) == [(cancelled, 2, False), (falls, -60, False), (rate, 71.43, False)]
    sessions(ours, 8, 9, days_ago=6)
    fold(worker)
    assert (week, 4, False) in firings(ours)
    assert (falls, -60, True) in firings(ours)


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "nothing"},
        {"measure": "nothing"},
        {"measure": "status"},
        {"filters": '{"nothing": "1"}'},
        {"metric": "user_engagement", "measure": "username"},
    ],
)
def test_a_rule_about_nothing_stops_no_fold(
    ours: Connection, worker: Connection, wrong: dict[str, str]
) -> None:
    alert = rule(ours)
    rule(ours, **wrong)
    sessions(ours, 1, 2, 3)
    assert fold(worker) == 3
    assert firings(ours) == [(alert, 3, False)]
    errors = ours.execute("SELECT count(error) FROM control.looked_at").fetchone()
    assert errors == (1,)


def test_a_rule_is_about_what_the_address_of_its_metric_answers(
    ours: Connection, worker: Connection
) -> None:
    paid = rule(ours, metric="payment_day", measure="amount", days=7, threshold=150)
    yen = rule(
        ours, metric="revenue", measure="revenue", filters='{"currency": "JPY"}', threshold=2999
    )
    ours.execute(
        "INSERT INTO public.payments (id, student_id, amount, currency, status, created_at) VALUES"
        " (1, 1, 10000, 'RUB', 'COMPLETED', now()), (2, 1, 6550, 'RUB', 'COMPLETED', now()),"
        " (3, 1, 3000, 'JPY', 'COMPLETED', now()), (4, 1, 100000, 'USD', 'COMPLETED', now())"
    )
    fold(worker)
    assert firings(ours) == [(paid, 165.5, False), (yen, 3000, False)]
    # ratios are of the sums: of 4 and 1 that are over, not the mean of 100 and 0 percent
    rate = rule(ours, metric="session_outcome", measure="completion_rate", threshold=60)
    sessions(ours, 1, 2, 3, 4)
    sessions(ours, 5, status="CANCELLED")
    ours.execute("UPDATE public.sessions SET scheduled_at = now(), mentor_id = 1 + id / 5")
    fold(worker)
    assert firings(ours)[2:] == [(rate, 80, False)]


def test_a_rule_about_recurring_revenue_fires_with_the_change_of_a_subscription(
    ours: Connection, worker: Connection
) -> None:
    asked = {"metric": "recurring_revenue", "days": 365, "threshold": 15}
    fold(worker)
    ends = rule(ours, measure="end", **asked)
    starts = rule(ours, measure="start", **asked)
    churn = rule(ours, measure="churn", **asked | {"days": 1, "threshold": 0})
    yen = rule(ours, measure="end", filters='{"currency": "JPY"}', **asked)
    ours.execute(
        "INSERT INTO public.subscriptions (id, user_id, status, amount, currency, created_at)"
        " VALUES (1, 1, 'ACTIVE', 9.9, 'RUB', now()), (2, 2, 'ACTIVE', 9.9, 'RUB', now()),"
        " (3, 3, 'ACTIVE', 15, 'JPY', now())"
    )
    fold(worker)
    assert firings(ours) == [(ends, 19.8, False)]
    ours.execute("UPDATE public.subscriptions SET status = 'CANCELLED' WHERE id = 1")
    ours.execute("UPDATE public.subscriptions SET amount = 20 WHERE id = 3")
    fold(worker)
    assert firings(ours) == [(ends, 19.8, True), (churn, 9.9, False), (yen, 20, False)]
    assert starts not in {alert for alert, *_ in firings(ours)}
    assert ours.execute("SELECT count(error) FROM control.looked_at").fetchone() == (0,)


def test_a_rule_that_changed_or_was_switched_off_is_looked_at_again(
    ours: Connection, worker: Connection
) -> None:
    alert = rule(ours, threshold=9)
    sessions(ours, 1, 2, 3)
    fold(worker)
    ours.execute("UPDATE kept.alert SET threshold = 2")
    fold(worker)
    assert firings(ours) == [(alert, 3, False)]
    ours.execute("UPDATE kept.alert SET is_active = false")
    fold(worker)
    assert firings(ours) == [(alert, 3, True)]


def test_a_fold_beside_a_delivery_goes_on(ours: Connection, worker: Connection) -> None:
    alert = rule(ours, webhook="http://127.0.0.1/")
    sessions(ours, 1, 2, 3)
    fold(worker)
    with worker.transaction():
        worker.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
        worker.execute("SELECT")
        ours.execute("SELECT * FROM control.claim_delivery()")
        ours.execute("DELETE FROM public.sessions")
        worker.execute("SELECT control.evaluate_alerts()")
    fold(worker)
    assert firings(ours) == [(alert, 3, True)]


@dataclass
class Hook:
    """A webhook, and what it was sent."""

    statuses: list[int]
    server: ThreadingHTTPServer
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.server.server_port}/hook?x=1"


@contextmanager
def hook(*statuses: int) -> Generator[Hook]:
    """Answers with these statuses, one after another, and then with 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self: Self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            its.requests.append((dict(self.headers), body))
            status = its.statuses.pop(0) if its.statuses else 200
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self: Self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        its = Hook(list(statuses), server)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield its
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def told(settings: Settings) -> Iterator[Settings]:
    return replace(settings, webhook_private=True, webhook_secret=SECRET)


def deliveries(ours: Connection) -> list[tuple[int, bool, str | None]]:
    return ours.execute(
        "SELECT attempts, delivered_at IS NOT NULL, error FROM kept.firing ORDER BY id"
    ).fetchall()


def test_a_webhook_is_told_signed_once(
    ours: Connection, worker: Connection, told: Settings
) -> None:
    with hook() as its:
        alert = rule(ours, webhook=its.address)
        sessions(ours, 1, 2, 3)
        fold(worker)
        assert (alerts.tell_all(told), alerts.tell_all(told)) == (1, 0)
        ((headers, body),) = its.requests
    moment = headers["X-Analytics-Timestamp"]
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Analytics-Signature"] == f"sha256={expected}"
    assert headers["Host"] == urlsplit(its.address).netloc
    said = json.loads(body)
    assert (said["alert"], said["value"], said["threshold"]) == (alert, 3, 2)
    assert deliveries(ours) == [(1, True, None)]


def test_what_was_not_told_is_tried_again_later_and_its_failure_recorded(
    ours: Connection, worker: Connection, told: Settings
) -> None:
    with hook(500, 302) as its:
        rule(ours, webhook=its.address)
        sessions(ours, 1, 2, 3)
        fold(worker)
        for attempt, error in ((1, "localhost answered 500."), (2, "localhost answered 302.")):
            assert (alerts.tell_all(told), alerts.tell_all(told)) == (0, 0), "not at once"
            assert deliveries(ours) == [(attempt, False, error)]
            ours.execute("UPDATE kept.firing SET next_at = now()")
        assert alerts.tell_all(told) == 1
    assert [body for _, body in its.requests] == [its.requests[0][1]] * 3
    assert deliveries(ours) == [(3, True, None)]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost:5432/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.1.2.3/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://224.0.0.1/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[2002:7f00:1::]/",
    ],
)
def test_no_webhook_is_at_a_private_address(address: str) -> None:
    with pytest.raises(alerts.WebhookError, match="is a private address"):
        alerts.find(address, private=False)


def test_a_host_that_nobody_knows_is_a_sentence() -> None:
    with pytest.raises(alerts.WebhookError, match="no host that is known"):
        alerts.find("https://nothing.invalid/", private=False)
