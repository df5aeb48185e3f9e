"""By the hour and minute, over HTTP: windows, what is kept, and files."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

ADDRESS = "/api/v1/analytics/metrics/session_day"


def body(client: FlaskClient, query: str) -> Any:
    response = client.get(f"{ADDRESS}?{query}")
    assert response.status_code == 200, response.text
    return response.json


@pytest.mark.parametrize(("grain", "rows"), [("hour", 24), ("minute", 60)])
def test_without_a_window_it_is_the_last_day_of_hours_or_hour_of_minutes(
    admin: FlaskClient, grain: str, rows: int
) -> None:
    answer = body(admin, f"grain={grain}")
    assert answer["metric"] == "session_day"
    assert answer["by"] == [grain]
    moments = [datetime.fromisoformat(row[grain]) for row in answer["rows"]]
    step = timedelta(**{f"{grain}s": 1})
    assert moments == [moments[0] + number * step for number in range(rows)]
    assert timedelta() <= datetime.now(UTC) - moments[-1] < step + timedelta(minutes=1)
    assert answer["from"] == answer["rows"][0][grain]
    assert answer["to"] == answer["rows"][-1][grain]
    assert sum(row["sessions"] for row in answer["rows"]) == answer["total"]["sessions"]


def test_days_are_as_many_hours_as_they_have(admin: FlaskClient) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    answer = body(admin, f"grain=hour&from={day}&to={day}&by=day,status")
    assert answer["from"] == f"{day}T00:00:00+00:00"
    assert answer["to"] == f"{day}T23:00:00+00:00"
    assert len(answer["rows"]) == 24
    by_day = body(admin, f"from={day}&to={day}&by=day,status")
    assert answer["total"] == by_day["total"]
    newest_first = body(admin, f"grain=hour&from={day}&to={day}&order=-day")["rows"]
    assert newest_first[0]["hour"] == answer["to"]


def test_instants_are_the_hours_they_are_in(admin: FlaskClient) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    query = f"grain=hour&from={yesterday}T10:59:59Z&to={yesterday}T16:00:01%2B03:00"
    answer = body(admin, query)
    assert answer["from"] == f"{yesterday}T10:00:00+00:00"
    assert answer["to"] == f"{yesterday}T13:00:00+00:00"
    response = admin.get(f"{ADDRESS}?{query}")
    assert response.headers["X-Analytics-Window"] == f"{answer['from']}/{answer['to']} UTC"
    again = admin.get(f"{ADDRESS}?{query}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("grain=second", "grain must be hour or minute."),
        ("grain=minute&from=2020-01-01", "from must be no earlier: minutes are kept since "),
        ("grain=minute&days=9", "to must be from 1 to 10000 minutes from the first."),
        ("grain=hour&from=2026-02-30", "from must be a day like "),
        ("grain=hour&to=2026-01-01", "to goes with from."),
        ("grain=hour&days=1&from=2026-01-01", "from goes with days or without"),
        ("grain=hour&compare=previous", "compare goes without grain."),
        ("from=2026-01-01T00:00:00Z", "from must be a day like 2026-11-28; a time goes with"),
        ("grain=hour&from=2026-01-02T00:00:00Z&to=2026-01-01", "to must be from 1 to 10000 hours"),
    ],
)
def test_what_can_t_be_answered_is_said(admin: FlaskClient, query: str, sentence: str) -> None:
    response: Any = admin.get(f"{ADDRESS}?{query}")
    assert response.status_code == 422
    assert response.json["detail"].startswith(sentence), response.json["detail"]


def test_metrics_of_months_or_all_time_have_no_grain(admin: FlaskClient) -> None:
    response = admin.get("/api/v1/analytics/metrics/session_hour?grain=hour")
    assert response.status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_files_have_the_same_hours(admin: FlaskClient, form: str) -> None:
    response = admin.get(f"{ADDRESS}?grain=hour&format={form}")
    assert response.status_code == 200
    assert response.data
