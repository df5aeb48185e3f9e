"""`/ops/` in a real browser: signing in, live numbers, rebuilds started and stopped."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.mentorhub import tell
from tests.support.site import Site, assert_barred_by_nothing


@pytest.fixture
def address(site: Site) -> str:
    return site.address.replace("/dashboard/", "/ops/")


def enter(page: Page, address: str, token: str) -> None:
    page.goto(f"{address}#token={token}")
    expect(page.locator("#verdict")).to_be_visible()


def test_a_token_is_out_of_the_address_and_a_wrong_one_is_told(
    page: Page, address: str, site: Site
) -> None:
    page.goto(address)
    page.get_by_label("Access token").fill("nonsense")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_contain_text("not a valid access token")
    page.get_by_label("Access token").fill(site.learner_token)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_contain_text("Your account may neither read nor write")
    enter(page, address, site.admin_token)
    assert page.url == address
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.locator("#verdict")).to_have_count(0)


def test_it_says_what_status_says_and_follows(page: Page, address: str, site: Site) -> None:
    enter(page, address, site.admin_token)
    rows = page.locator("#summaries [data-summary=user_engagement] data").nth(1)
    before = int(rows.get_attribute("value") or 0)
    tell(
        site.source_url,
        "INSERT INTO users (id, username, email, hashed_password)"
        " VALUES (7001, 'console', 'console', '')",
    )
    try:
        expect(rows).to_have_attribute("value", str(before + 1))
    finally:
        tell(site.source_url, "DELETE FROM users WHERE id = 7001")
    expect(rows).to_have_attribute("value", str(before))
    for part in ("worker", "beat", "relay", "guard", "api"):
        expect(page.locator(f"[data-part={part}]")).to_have_attribute("data-alive", "true")
    expect(page.locator("#verdict")).to_have_attribute("data-fine", "true")
    assert_barred_by_nothing(page)


def test_rebuilds_are_started_and_stopped_there(page: Page, address: str, site: Site) -> None:
    enter(page, address, site.admin_token)
    page.get_by_label("Metrics or answers").fill("no_such_metric")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("no_such_metric")
    page.get_by_label("Metrics or answers").fill("courses, sessions")
    page.get_by_label("Course").fill("1")
    page.get_by_role("button", name="Start").click()
    newest = page.locator("#rebuilds tbody tr").first
    expect(newest).to_contain_text("courses, sessions")
    expect(newest).to_contain_text("course 1")
    expect(newest).to_contain_text("done")

    tell(site.stack.description()["database_url"], PAUSED)
    row = page.locator(f"[data-run='{RUN}']")
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("cancelled")
    expect(row.get_by_role("button")).to_have_count(0)


RUN = "0b5cfb3c-4c0e-4d0f-9b0a-2f9d5a1f3c11"

PAUSED = f"""DO $$ BEGIN
PERFORM control.ask('{RUN}', '{{"course": 2}}', 'request', 'somebody');
PERFORM control.pause('{RUN}', true);
END $$"""
"""Nobody works on it."""


def test_on_a_phone_the_page_itself_does_not_scroll_sideways(
    page: Page, address: str, site: Site
) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    enter(page, address, site.admin_token)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
