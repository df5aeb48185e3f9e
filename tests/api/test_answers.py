"""What an answer looks like: the seed's keys, and headers that say how fresh it is."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient
from marshmallow import RAISE

from api.answers import responses
from shared.registry import FAMILIES
from tests.support.answers import ANSWERS
from tests.support.tokens import bearer, sign
from tests.support.world import LEARNER

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.parametrize("place", ANSWERS)
def test_a_body_has_the_described_keys_and_no_other(admin: FlaskClient, place: str) -> None:
    _, schema = ANSWERS[place]
    body = admin.get(f"/api/v1/analytics/{place}").json

    loaded = schema().load(body, unknown=RAISE)
    assert schema().dump(loaded) == body


@pytest.mark.parametrize("place", ANSWERS)
def test_an_answer_says_how_fresh_it_is(admin: FlaskClient, place: str) -> None:
    family, _ = ANSWERS[place]
    response = admin.get(f"/api/v1/analytics/{place}")

    assert response.content_type == "application/json"
    assert STAMP.fullmatch(response.headers["X-Analytics-As-Of"])
    assert response.headers["X-Analytics-Pending"] == "0"
    assert parsedate_to_datetime(response.headers["Last-Modified"]) <= datetime.now(UTC)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Analytics-Max-Staleness"] == str(FAMILIES[family].ttl)
    assert response.headers["Vary"] == "Authorization, Accept"
    assert re.fullmatch(r'"[!#-~]+"', response.headers["ETag"])


@pytest.mark.parametrize(
    ("query", "days"), [("", 30), ("?days=1", 1), ("?days=7", 7), ("?days=365", 365)]
)
@pytest.mark.parametrize("place", ["user-growth", "sessions", "revenue"])
def test_a_window_is_named_and_ends_today(
    admin: FlaskClient, place: str, query: str, days: int
) -> None:
    response = admin.get(f"/api/v1/analytics/{place}{query}")

    today = datetime.now(UTC).date()
    first = today - timedelta(days=days - 1)
    assert response.headers["X-Analytics-Window"] == f"{first}/{today} UTC"
    assert response.json["period_days"] == days


@pytest.mark.parametrize("place", ["platform", "courses", "me/engagement"])
def test_an_answer_about_all_time_names_no_window(admin: FlaskClient, place: str) -> None:
    assert "X-Analytics-Window" not in admin.get(f"/api/v1/analytics/{place}").headers


@pytest.mark.parametrize("place", ["platform", "revenue", "revenue?currency=XXX"])
def test_money_comes_with_the_currencies_there_are(admin: FlaskClient, place: str) -> None:
    headers = admin.get(f"/api/v1/analytics/{place}").headers

    assert headers["X-Analytics-Currencies"].split(", ") == ["RUB", "USD"]


def test_who_has_the_answer_already_gets_304(admin: FlaskClient) -> None:
    path = "/api/v1/analytics/revenue"
    full = admin.get(path)

    for known in (full.headers["ETag"], f'"x", W/{full.headers["ETag"]}', "*"):
        response = admin.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.data) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary", "X-Analytics-Window", "X-Analytics-As-Of"):
            assert response.headers[name] == full.headers[name]


def test_who_has_another_answer_gets_this_one(admin: FlaskClient) -> None:
    tags = {place: admin.get(f"/api/v1/analytics/{place}").headers["ETag"] for place in ANSWERS}

    assert len(set(tags.values())) == len(tags)
    for place in ANSWERS:
        others = ", ".join(tag for other, tag in tags.items() if other != place)
        headers = {"If-None-Match": others}
        assert admin.get(f"/api/v1/analytics/{place}", headers=headers).status_code == 200


def test_the_permission_comes_before_the_tag(admin: FlaskClient, client: FlaskClient) -> None:
    tag = admin.get("/api/v1/analytics/platform").headers["ETag"]
    headers = bearer(sign(LEARNER)) | {"If-None-Match": tag}

    assert client.get("/api/v1/analytics/platform", headers=headers).status_code == 403


def test_head_has_the_headers_and_no_body(admin: FlaskClient) -> None:
    head, get = (admin.open("/api/v1/analytics/sessions", method=m) for m in ("HEAD", "GET"))

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == get.headers


def test_an_answer_is_one_line_in_the_log(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Mock()
    monkeypatch.setattr(responses, "log", log)
    token = sign(1)

    client.get("/api/v1/analytics/user-growth?days=7", headers=bearer(token))
    client.get("/api/v1/analytics/platform", headers=bearer(token))

    lines = [call.args[0] % call.args[1:] for call in log.info.call_args_list]
    assert [re.sub(r"\d+ms", "3ms", line) for line in lines] == [
        "Analytics: User growth (7 days) calculated in 3ms",
        "Analytics: Platform stats calculated in 3ms",
    ]
    assert log.info.call_args_list[0].kwargs.keys() == {"family", "days", "milliseconds"}
    assert token not in str(log.mock_calls)
