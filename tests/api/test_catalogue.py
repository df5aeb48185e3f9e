"""The catalogue: what it lists, and to whom."""

from typing import Any

from flask.testing import FlaskClient

from shared.metrics import METRICS, USER
from tests.support.tokens import bearer, sign
from tests.support.world import LEARNER

ADDRESS = "/api/v1/analytics/metrics"

LISTED = [name for name, metric in METRICS.items() if metric.is_listed]

LEARNERS = [name for name, metric in METRICS.items() if metric.readers == USER]


def listed(client: FlaskClient, query: str = "", **headers: str) -> list[dict[str, Any]]:
    body: Any = client.get(f"{ADDRESS}?{query}", headers=headers).json
    return body["metrics"]


def names(metrics: list[dict[str, Any]]) -> list[str]:
    return [metric["name"] for metric in metrics]


def test_what_only_others_are_counted_from_is_listed_to_who_asks(admin: FlaskClient) -> None:
    usual, every = listed(admin), listed(admin, "unlisted=true")

    assert names(usual) == LISTED
    assert names(every) == list(METRICS)
    assert [metric for metric in every if metric["listed"]] == usual
    assert admin.get(f"{ADDRESS}/gap").status_code == 200
    assert admin.get(ADDRESS, query_string={"unlisted": "yes"}).status_code == 422


def test_a_learner_finds_what_they_may_read(client: FlaskClient) -> None:
    assert names(listed(client, "unlisted=true", **bearer(sign(LEARNER)))) == LEARNERS
