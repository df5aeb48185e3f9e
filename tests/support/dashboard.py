"""Reads the API as a dashboard does, and compares what it says with the oracle."""

import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from typing import Any

from flask.testing import FlaskClient

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.settings import Settings
from tests.support.oracle import Oracle
from tests.support.tokens import bearer, sign

ROOT = "/api/v1/analytics"


@contextmanager
def asking(settings: Settings, user_id: int) -> Generator[FlaskClient]:
    """Somebody at an API of their own."""
    app = create_app(settings)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(user_id))["Authorization"]
    try:
        yield client
    finally:
        services(app)[Reader].close()


def read(client: FlaskClient, path: str) -> Any:
    """The body of a 200, numbers exact; None for a 404."""
    response = client.get(f"{ROOT}/{path}")
    if response.status_code == 404:
        return None
    assert response.status_code == 200, (path, response.get_data(as_text=True))
    return json.loads(response.get_data(), parse_float=Fraction)


def check(
    client: FlaskClient,
    oracle: Oracle,
    *,
    windows: Iterable[int],
    users: Iterable[int],
    courses: Iterable[int],
    currencies: Iterable[str],
) -> None:
    """Every endpoint says what the oracle says."""
    assert read(client, "platform") == oracle.platform()
    assert read(client, "courses") == oracle.courses()
    for days in windows:
        assert read(client, f"user-growth?days={days}") == oracle.user_growth(days)
        assert read(client, f"sessions?days={days}") == oracle.sessions(days)
        assert read(client, f"revenue?days={days}") == oracle.revenue(days)
        for currency in currencies:
            path = f"revenue?days={days}&currency={currency}"
            assert read(client, path) == oracle.revenue(days, currency)
    for currency in currencies:
        assert read(client, f"platform?currency={currency}") == oracle.platform(currency)
    for course in courses:
        assert read(client, f"courses?course_id={course}") == oracle.course(course)
    for user in users:
        assert _parsed(read(client, f"user/{user}/engagement")) == oracle.engagement(user)


def check_comparisons(
    client: FlaskClient, oracle: Oracle, *, windows: Iterable[int], currencies: Iterable[str]
) -> None:
    """Every comparison says what the oracle says, and leaves the rest of the answer as it is."""
    paths = {"platform?": oracle.comparison("platform")}
    for currency in currencies:
        paths[f"platform?currency={currency}"] = oracle.comparison("platform", currency=currency)
    for days in windows:
        for family in ("user_growth", "sessions", "revenue"):
            path = f"{family.replace('_', '-')}?days={days}"
            paths[path] = oracle.comparison(family, days)
        for currency in currencies:
            path = f"revenue?days={days}&currency={currency}"
            paths[path] = oracle.comparison("revenue", days, currency)
    for path, comparison in paths.items():
        plain = client.get(f"{ROOT}/{path}").text
        compared = client.get(f"{ROOT}/{path}&compare=previous").text
        assert compared.startswith(plain[:-1] + ',"comparison":{')
        assert json.loads(compared, parse_float=Fraction)["comparison"] == comparison, path


def _parsed(engagement: Any) -> Any:
    if engagement and engagement["last_activity"]:
        moment = datetime.fromisoformat(engagement["last_activity"])
        return engagement | {"last_activity": moment}
    return engagement
