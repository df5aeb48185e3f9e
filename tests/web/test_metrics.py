"""Every metric of the catalogue, by its declared chart."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.site import LANGUAGES, Open, Site, assert_barred_by_nothing, settled, values


def test_every_metric_is_there_with_the_numbers_of_the_api(
    page: Page, see: Open, site: Site
) -> None:
    see("lang=en&page=metrics")
    metrics = site.api("metrics")["metrics"]

    for metric in metrics:
        panel = page.locator(f"[data-panel='metrics/{metric['name']}']")
        panel.scroll_into_view_if_needed()
        expect(panel.locator("h2")).to_contain_text(metric["title"]["en"])
    expect(page.locator("[data-panel^='metrics/']")).to_have_count(len(metrics))
    settled(page)
    for metric in metrics:
        takes_compare = "&compare=previous" if "compare" in metric["parameters"] else ""
        window = "?days=30" if metric["date"] else "?"
        body = site.api(f"metrics/{metric['name']}{window}{takes_compare}")
        shown = page.locator(f"[data-panel='metrics/{metric['name']}'] [data-number]")
        numbers = {
            element.get_attribute("data-number"): float(
                element.locator("dd > data").get_attribute("value") or "nan"
            )
            for element in shown.all()
        }
        assert numbers in ({}, expected(metric, body)), metric["name"]
    assert_barred_by_nothing(page)


def expected(metric: dict[str, Any], body: dict[str, Any]) -> dict[str, float]:
    """The numbers over everything that mean something, as the panel names them."""
    meant = {column["name"] for column in metric["columns"] if column["total"]}
    return {
        f"{metric['name']}.{name}": value
        for name, value in (body["total"] or {}).items()
        if name in meant or len(body["rows"]) == 1
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_read_in_words(page: Page, see: Open, site: Site, language: str) -> None:
    (funnel,) = (each for each in site.api("metrics")["metrics"] if each["name"] == "funnel")
    (step,) = (column for column in funnel["columns"] if column["name"] == "step")
    see(f"lang={language}&page=metrics&metric=funnel")

    words = [word[language] for word in step["values"].values()]
    expect(page.locator("[data-panel='metrics/funnel'] th[scope=row]")).to_have_text(words)
    expect(page.locator("[data-panel='metrics/funnel'] [data-number]")).to_have_count(0)
    page.keyboard.press("t")
    expect(page.locator("td[data-key=step]")).to_have_text(words)


def test_one_metric_by_what_one_likes_from_day_to_day(page: Page, see: Open, site: Site) -> None:
    see("lang=en&page=metrics")
    page.get_by_role("button", name="More: Sessions by day").click()
    page.get_by_label("Status").check()
    page.keyboard.press("t")
    page.locator(".since input").first.fill("2026-01-05")
    page.locator(".since input").last.fill("2026-03-01")
    settled(page)
    asked = "metrics/session_day?from=2026-01-05&to=2026-03-01&by=day,status"
    body = site.api(f"{asked}&compare=previous")

    assert {"by=day%2Cstatus", "from=2026-01-05", "to=2026-03-01"} < {*page.url.split("&")}
    assert (
        values(page, "td[data-column=sessions] data")
        == [row["sessions"] for row in reversed(body["rows"])][:50]
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV: Sessions by day").click()
    content = download.value.path().read_bytes()
    assert content == site.file(f"{asked}&compare=previous&format=csv", site.admin_token)
    page.get_by_text("How it is counted").click()
    expect(page.locator("pre")).to_contain_text("GROUP BY day, status")
    page.get_by_role("button", name="All metrics").click()
    expect(page.locator("[data-panel='metrics/payment_day']")).to_be_visible()


def test_what_is_not_listed_is_at_its_own_address(page: Page, see: Open) -> None:
    see("lang=en&page=metrics&metric=gap")
    expect(page.locator("main h2")).to_have_text("Time between days of activity")
    page.get_by_role("button", name="All metrics").click()
    expect(page.locator("[data-panel='metrics/funnel']")).to_be_visible()
    expect(page.locator("[data-panel='metrics/gap']")).to_have_count(0)


def test_days_that_are_brushed_are_from_and_to(page: Page, see: Open) -> None:
    see("lang=en&page=metrics&metric=session_day&from=2026-01-01&to=2026-01-31")
    page.get_by_role("group", name="Sessions by day: Sessions").focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")

    page.wait_for_url("**from=2026-01-03&to=2026-01-04")
    expect(page.locator(".range")).to_contain_text(re.compile("compared with Jan 1 . 2, 2026"))


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "Новые пользователи по дням"), ("zh", "每日新用户")]
)
def test_a_metric_is_called_in_the_readers_language(
    page: Page, see: Open, language: str, said: str
) -> None:
    see(f"lang={language}&page=metrics&metric=user_day")

    expect(page.locator(f"h2[lang={language}]")).to_have_text(said)


def drawn(name: str, chart: str, keys: dict[str, str], measures: dict[str, str]) -> dict[str, Any]:
    """A metric of the catalogue; keys with their types, measures with their units."""
    columns = [{"name": key, "kind": "key", "of": of} for key, of in keys.items()]
    columns += [{"name": key, "kind": "measure", "of": of} for key, of in measures.items()]
    said = {"en": name, "ru": name}
    return {
        "name": name,
        "title": said,
        "meaning": said,
        "readers": "admins",
        "own": [],
        "date": None,
        "by": [*keys],
        "listed": True,
        "chart": chart,
        "parameters": ["by", "limit", "order"],
        "columns": [column | {"title": said, "values": {}, "total": True} for column in columns],
        "definition": "SELECT",
        "as_of": "2026-11-28T07:16:17.223Z",
        "audited_at": None,
        "drift": None,
    }


WEEK = [
    {"weekday": day, "hour": hour, "sessions": day * hour}
    for day in range(1, 8)
    for hour in range(24)
]
STEPS = [{"step": "registered", "users": 200}, {"step": "paid", "users": 50}]
CLASSES = [{"bucket": "an hour", "conversations": 3}, {"bucket": "a day", "conversations": 0}]


def test_heat_maps_funnels_and_histograms_are_drawn(page: Page, see: Open) -> None:
    metrics = [
        drawn("hours", "heatmap", {"weekday": "integer", "hour": "integer"}, {"sessions": "count"}),
        drawn("steps", "funnel", {"step": "text"}, {"users": "count"}),
        drawn("classes", "histogram", {"bucket": "text"}, {"conversations": "count"}),
        drawn("nothing", "bar", {"step": "text"}, {"users": "count"}),
    ]
    rows = {"hours": WEEK, "steps": STEPS, "classes": CLASSES, "nothing": []}

    def answer(route: Route) -> None:
        name = route.request.url.partition("metrics/")[2].partition("?")[0]
        metric = next(metric for metric in metrics if metric["name"] == name)
        body = {"metric": name, "from": None, "to": None, "by": metric["by"], "total": None}
        headers = {
            "X-Analytics-As-Of": "2026-11-28T07:16:17.223Z",
            "X-Analytics-Max-Staleness": "99999999",
        }
        route.fulfill(json=body | {"rows": rows[name]}, headers=headers)

    page.route("**/metrics?unlisted=true", lambda route: route.fulfill(json={"metrics": metrics}))
    page.route("**/metrics/*", answer)
    see("lang=en&page=metrics")

    expect(page.locator(".heat data")).to_have_count(len(WEEK))
    assert sorted(values(page, ".heat data")) == sorted(float(row["sessions"]) for row in WEEK)
    expect(page.locator(".heat tbody th").first).to_have_text("Mon")
    steps = page.locator("[data-panel='metrics/steps'] tbody tr")
    expect(steps.last).to_contain_text("25.00%")
    expect(page.locator("[data-panel='metrics/classes'] data")).to_have_count(len(CLASSES))
    assert values(page, "[data-panel='metrics/classes'] data") == [3, 0]
    expect(page.locator("[data-panel='metrics/nothing'] .empty")).to_be_visible()
    assert_barred_by_nothing(page)
    page.emulate_media(color_scheme="dark")
    assert_barred_by_nothing(page)


def test_the_sessions_of_a_card_have_their_shape(page: Page, see: Open) -> None:
    see()
    expect(page.locator(".card[data-number='sessions.total'] .sparkline path")).to_have_count(2)
