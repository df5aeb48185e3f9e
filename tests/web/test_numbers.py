"""Every number on the page equals the API's."""

from typing import Any
from urllib.parse import quote

import jwt
import pytest
from playwright.sync_api import Page, expect

from tests.support.site import Open, Site, settled, values


def one(page: Page, selector: str) -> float:
    (value,) = values(page, selector)
    return value


@pytest.mark.parametrize("days", [7, 30, 365])
def test_the_numbers_of_a_window(page: Page, see: Open, site: Site, days: int) -> None:
    see(f"days={days}&tables=user_growth,revenue")
    growth = site.api(f"user-growth?days={days}&compare=previous")
    sessions = site.api(f"sessions?days={days}&compare=previous")
    revenue = site.api(f"revenue?days={days}&compare=previous")

    joined, met, paid = growth["data"], sessions["analytics"], revenue["analytics"]
    cards = {
        "new_users": (sum(day["new_users"] for day in joined), growth),
        "sessions.total": (met["total"], sessions, "total"),
        "total_revenue": (paid["total_revenue"], revenue),
        "transaction_count": (paid["transaction_count"], revenue),
        "avg_transaction": (paid["avg_transaction"], revenue),
        "avg_duration_minutes": (met["avg_duration_minutes"], sessions),
    }
    for name, (value, body, *path) in cards.items():
        card = f".card[data-number='{name}']"
        assert one(page, f"{card} .figure data") == value, name
        change = body["comparison"]["metrics"][(path or [name])[0]]
        assert values(page, f"{card} .delta data") == deltas(change), name
    assert values(page, "[data-panel=user_growth] td data") == [
        day["new_users"] for day in reversed(joined)
    ]
    assert values(page, "[data-panel=revenue] td data") == [
        day["revenue"] for day in reversed(paid["daily_revenue"])
    ]
    for status, count in met["by_status"].items():
        row = f"[data-panel=statuses] [data-row='{status}']"
        assert one(page, f"{row} td:nth-child(2) data") == count, status
        change = sessions["comparison"]["metrics"][f"by_status.{status}"]
        assert values(page, f"{row} .delta data") == deltas(change), status
    named = site.api("metrics/mentor_name")["rows"]
    names = {mentor["mentor_id"]: mentor["username"] for mentor in named}
    for mentor in met["top_mentors"]:
        row = f"[data-panel=mentors] [data-row='{mentor['mentor_id']}']"
        expect(page.locator(f"{row} th")).to_have_text(names[mentor["mentor_id"]])
        assert one(page, f"{row} td data") == mentor["sessions"]


def deltas(change: dict[str, Any], *, in_points: bool = False) -> list[float]:
    if change["previous"] is None:
        return []
    if in_points or change["change_percent"] is None:
        return [change["change"]]
    return [change["change_percent"]]


@pytest.mark.parametrize("currency", ["RUB", "USD"])
def test_the_numbers_of_all_time(page: Page, see: Open, site: Site, currency: str) -> None:
    see(f"currency={currency}")
    body = site.api(f"platform?currency={currency}&compare=previous")

    for path, change in body["comparison"]["metrics"].items():
        part, name = path.split(".")
        line = f"[data-panel=platform] [data-number='{path}']"
        assert one(page, f"{line} dd > data") == body[part][name], path
        in_points = path.endswith("_rate")
        assert values(page, f"{line} .delta data") == deltas(change, in_points=in_points), path


@pytest.mark.parametrize(
    "query", ["", "sort=title&order=asc", "sort=avg_rating&order=asc&search=о&limit=50"]
)
def test_the_numbers_of_courses(page: Page, see: Open, site: Site, query: str) -> None:
    see(query)
    shown = {"sort": "enrollments", "order": "desc", "limit": "10"} | dict(
        part.split("=") for part in query.split("&") if part
    )
    if "search" in shown:
        shown["search"] = quote("о")
    address = "&".join(f"{name}={value}" for name, value in shown.items())
    courses = site.api(f"courses?{address}")["courses"]

    rows = page.locator("[data-panel=courses] tbody tr")
    expect(rows).to_have_count(len(courses))
    for row, course in zip(rows.all(), courses, strict=True):
        assert row.locator("th").inner_text() == " ".join(course["course_title"].split())
        numbers = row.locator("data").evaluate_all("all => all.map(each => Number(each.value))")
        assert numbers == [
            course[name]
            for name in (
                "enrollments",
                "avg_progress",
                "completed",
                "completion_rate",
                "avg_rating",
            )
        ]


def test_a_user_that_is_looked_up(page: Page, see: Open, site: Site) -> None:
    see()
    for user in range(1, 21):
        page.get_by_label("Номер пользователя").fill(str(user))
        page.get_by_role("button", name="Найти").click()
        settled(page)
        body = site.api(f"user/{user}/engagement")
        expect(page.locator("[data-panel=user] .person bdi")).to_have_text(body["username"])
        assert_score(page, "[data-panel=user]", body)


def test_a_learners_own_page(page: Page, see: Open, site: Site) -> None:
    see(token=site.learner_token)
    own = site.api(f"user/{learner(site)}/engagement")

    expect(page.get_by_role("heading", name=own["username"])).to_be_visible()
    assert_score(page, "[data-panel=score]", own)
    asked = f"metrics/active_day?days=30&by=day&compare=previous&user_id={learner(site)}"
    body = site.api(asked)
    assert one(page, "[data-number='active_day.events'] > data") == body["total"]["events"]
    change = body["comparison"]["metrics"]["events"]
    shown = values(page, "[data-number='active_day.events'] .delta data")
    assert shown == [change["change_percent"] or change["change"]]


def learner(site: Site) -> int:
    claims = jwt.decode(site.learner_token, options={"verify_signature": False})
    return int(claims["sub"])


def assert_score(page: Page, panel: str, body: dict[str, Any]) -> None:
    assert one(page, f"{panel} [data-number=engagement_score]") == body["engagement_score"]
    points = [
        one(page, f"{panel} [data-number='points.{part}']")
        for part in ("sessions", "courses", "progress", "reviews")
    ]
    assert sum(points) == body["engagement_score"]
    assert points[0] == min(3 * body["sessions_attended"], 30)
    assert points[1] == min(5 * body["courses_enrolled"], 25)
    # whole points, of the average before it was rounded
    assert -0.01 < min(0.3 * body["avg_progress"], 30) - points[2] < 1.01
    assert points[3] == min(5 * body["reviews_written"], 15)
    assert one(page, f"{panel} [data-number='amount.progress']") == body["avg_progress"]
