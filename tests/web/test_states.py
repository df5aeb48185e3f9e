"""What the page shows where it is not as usual: nothing, little, much, no answer."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.site import Open, Site, assert_barred_by_nothing, settled

WIDTH = "() => document.documentElement.scrollWidth"


def test_offline_keeps_what_was_there_and_says_so(page: Page, see: Open) -> None:
    see("lang=en")
    badge = page.locator(".badge")
    shown = page.locator(".card .figure data").first.get_attribute("value")
    page.context.set_offline(True)
    expect(badge).to_have_attribute("data-state", "offline")
    expect(page.locator(".card .figure data").first).to_have_attribute("value", shown or "")
    page.context.set_offline(False)
    expect(badge).to_have_attribute("data-state", "live")


def test_an_answer_that_can_not_be_had_is_said_where_it_is_missing(page: Page, see: Open) -> None:
    fails = True

    def refuse(route: Route) -> None:
        if not fails:
            route.continue_()
            return
        route.fulfill(
            status=503,
            # longer than the test: what helps is the button, not the page's own next try
            headers={"Retry-After": "600"},
            content_type="application/problem+json",
            body='{"type": "/problems/not-ready", "status": 503, "detail": "Not calculated yet."}',
        )

    page.route("**/revenue?*", refuse)
    see("lang=en")
    trouble = page.locator("[data-panel=revenue]").get_by_role("alert")
    expect(trouble).to_contain_text("Not calculated yet.")
    assert_barred_by_nothing(page)

    expect(page.locator(".badge")).to_have_attribute("data-state", "live")
    settled(page)
    fails = False
    trouble.get_by_role("button", name="Try again").click()
    expect(trouble).to_have_count(0)


def test_a_platform_with_nothing_is_shown_as_that(page: Page, see: Open) -> None:
    def empty(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        for day in body["data"]:
            day["new_users"] = 0
        body["data"] = body["data"][-1:]
        route.fulfill(response=response, json=body)

    page.route("**/user-growth?*", empty)
    page.route(
        "**/courses?*",
        lambda route: route.fulfill(
            json={"courses": []},
            headers={
                "X-Analytics-As-Of": "2026-11-28T07:16:17.223Z",
                "X-Analytics-Max-Staleness": "600",
            },
        ),
    )
    see("lang=en")

    expect(page.locator("[data-panel=user_growth] .empty")).to_be_visible()
    expect(page.locator("[data-panel=courses] .empty")).to_be_visible()
    expect(page.locator(".badge")).to_contain_text("out of date")
    assert_barred_by_nothing(page)


@pytest.mark.parametrize(
    ("currency", "total", "average"),
    [("KZT", 9_876_543_210_987.65, 0.01), ("JPY", 12_345_678_901, 1), ("KWD", 0.001, 0.001)],
)
def test_huge_and_tiny_numbers_and_other_currencies_stay_inside(
    page: Page, see: Open, currency: str, total: float, average: float
) -> None:
    def other(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        body["analytics"] |= {"total_revenue": total, "avg_transaction": average}
        headers = response.headers | {"x-analytics-currency": currency}
        route.fulfill(response=response, json=body, headers=headers)

    page.route("**/revenue?*", other)
    page.set_viewport_size({"width": 1000, "height": 800})
    see("lang=ru")

    expect(page.locator(".card[data-number=avg_transaction] .figure data")).to_contain_text(
        str(average).replace(".", ",")
    )
    for card in page.locator(".card").all():
        box, figure = card.bounding_box(), card.locator(".figure data").bounding_box()
        assert box
        assert figure
        assert figure["x"] + figure["width"] <= box["x"] + box["width"] + 1


def test_ten_thousand_courses_are_the_first_thousand_and_a_hint(page: Page, see: Open) -> None:
    def many(route: Route) -> None:
        response = route.fetch()
        (course, *_) = response.json()["courses"]
        title = "Превысокомногорассмотрительствующий" * 4
        courses = [course | {"course_id": n, "course_title": title} for n in range(1, 1001)]
        headers = response.headers | {"link": '<?limit=1000&cursor=x>; rel="next"'}
        route.fulfill(response=response, json={"courses": courses}, headers=headers)

    page.route("**/courses?*", many)
    page.set_viewport_size({"width": 360, "height": 740})
    see("lang=en&limit=1000")

    expect(page.locator("[data-panel=courses] tbody tr")).to_have_count(1000)
    expect(page.locator("[data-panel=courses] footer")).to_contain_text("narrow the search")
    assert page.evaluate(WIDTH) == 360


def test_one_day_is_a_window_too(page: Page, see: Open, site: Site) -> None:
    see("lang=en&days=1")
    (today,) = site.api("user-growth?days=1")["data"]

    figure = page.locator(".card[data-number=new_users] .figure data")
    expect(figure).to_have_attribute("value", str(today["new_users"]))
    page.get_by_role("group", name="Revenue by day").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tip:not([hidden])")).to_contain_text("today, not over yet")


def test_a_token_that_expires_meanwhile_asks_for_another(page: Page, see: Open, site: Site) -> None:
    see("lang=en")
    has_expired = True

    def refuse(route: Route) -> None:
        if not has_expired:
            route.continue_()
            return
        body = '{"type": "/problems/invalid-token", "status": 401, "detail": "It has expired."}'
        route.fulfill(status=401, content_type="application/problem+json", body=body)

    page.route("**/api/v1/analytics/**", refuse)
    page.keyboard.press("r")
    expect(page.get_by_role("alert")).to_contain_text("not valid any more")
    assert_barred_by_nothing(page)

    has_expired = False
    page.get_by_label("Access token").fill(site.learner_token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("[data-panel=score]")).to_be_visible()
    settled(page)


def test_a_learner_who_did_nothing_is_told_how_to_begin(page: Page, see: Open, site: Site) -> None:
    def nothing(route: Route) -> None:
        response = route.fetch()
        body = response.json() | {
            "username": "Константинопольская" * 6,
            "sessions_attended": 0,
            "courses_enrolled": 0,
            "avg_progress": 0,
            "reviews_written": 0,
            "engagement_score": 0,
            "last_activity": None,
        }
        route.fulfill(response=response, json=body)

    page.route("**/me/engagement", nothing)
    page.set_viewport_size({"width": 360, "height": 740})
    see("lang=en", site.learner_token)

    expect(page.locator("[data-panel=raise] li").first).to_have_text("2 sessions and 1 review+11")
    expect(page.locator("[data-panel=activity]")).to_contain_text("No activity yet")
    assert page.evaluate(WIDTH) == 360
