"""What MentorHub commits is on the open page; the page is never loaded again."""

import re
from time import monotonic

from playwright.sync_api import Page, Route, expect

from shared.database import connect
from tests.support.site import Open, Site, values

TOTAL = "[data-number='users.total'] dd > data"


def test_a_row_that_is_committed_is_on_the_page(page: Page, see: Open, site: Site) -> None:
    see()
    expect(page.locator(".badge")).to_have_attribute("data-state", "live")
    page.evaluate("() => { window.neverLoadedAgain = true }")
    (before,) = values(page, TOTAL)
    (joined,) = values(page, ".card[data-number=new_users] .figure data")
    with connect(site.source_url) as source:
        source.execute(
            "INSERT INTO users (username, email, hashed_password)"
            " VALUES ('who just came', 'new@example.com', '')"
        )
    began = monotonic()

    expect(page.locator(TOTAL)).to_have_attribute("value", str(int(before) + 1))

    print(f"on the page {monotonic() - began:.2f} s after the commit")  # noqa: T201
    new = page.locator(".card[data-number=new_users] .figure data")
    expect(new).to_have_attribute("value", str(int(joined) + 1))
    assert page.evaluate("() => window.neverLoadedAgain")


def test_nothing_moves_while_numbers_come(page: Page, see: Open, site: Site) -> None:
    see()
    expect(page.locator(".badge")).to_have_attribute("data-state", "live")
    page.evaluate(
        """() => {
            window.shifts = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.shifts += entry.value;
            }).observe({ type: "layout-shift", buffered: false });
        }"""
    )
    (before,) = values(page, TOTAL)
    with connect(site.source_url) as source:
        for number in range(3):
            source.execute(
                "INSERT INTO users (username, email, hashed_password)"
                " VALUES (%(name)s, %(name)s, '')",
                {"name": f"one of several {number}"},
            )

    expect(page.locator(TOTAL)).to_have_attribute("value", str(int(before) + 3))
    page.route("**/user-growth?*", say_much_is_pending)
    page.keyboard.press("r")
    expect(page.locator(".badge")).to_contain_text(re.compile(r"12.345 изменений"))
    assert page.evaluate("() => window.shifts") < 0.01


def say_much_is_pending(route: Route) -> None:
    response = route.fetch()
    route.fulfill(response=response, headers=response.headers | {"x-analytics-pending": "12345"})


def test_where_the_stream_fails_the_page_asks(page: Page, see: Open) -> None:
    page.route("**/stream", lambda route: route.abort())
    see()

    expect(page.locator(".badge")).to_have_attribute("data-state", "polling")
