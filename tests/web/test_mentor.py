"""A mentor's own page, and who else is shown it."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.mentorhub import tell
from tests.support.site import LANGUAGES, Open, Site, assert_barred_by_nothing, settled


@pytest.fixture(scope="module")
def mentor(site: Site) -> dict[str, Any]:
    """The busiest one: ids and name."""
    rows = site.api("metrics/mentor_day?by=mentor_id&days=365&order=-sessions&limit=1")["rows"]
    asked = f"metrics/mentor_name?mentor_id={rows[0]['mentor_id']}"
    return site.api(asked)["rows"][0]


@pytest.fixture(scope="module")
def token(site: Site, mentor: dict[str, Any]) -> str:
    return site.stack.token(mentor["user_id"], "mentor")


def own(site: Site) -> list[dict[str, Any]]:
    metrics = site.api("metrics")["metrics"]
    return [metric for metric in metrics if metric["readers"] == "mentor_id"]


def shown(page: Page, name: str) -> dict[str, float]:
    numbers = page.locator(f"[data-panel='metrics/{name}'] [data-number]")
    return {
        str(element.get_attribute("data-number")).partition(".")[2]: float(
            element.locator("dd > data").get_attribute("value") or "nan"
        )
        for element in numbers.all()
    }


def test_a_mentor_sees_their_own_numbers_and_is_refused_nothing(
    page: Page, see: Open, site: Site, mentor: dict[str, Any], token: str
) -> None:
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status > 399 else None)
    see("lang=en", token)

    expect(page.get_by_role("button", name="Mentoring")).to_have_attribute("aria-current", "page")
    expect(page.locator("[data-panel^='metrics/']")).to_have_count(len(own(site)))
    for metric in own(site):
        compared = "&compare=previous" if "compare" in metric["parameters"] else ""
        days = "&days=30" if metric["date"] else ""
        asked = f"metrics/{metric['name']}?mentor_id={mentor['mentor_id']}{days}{compared}"
        total = site.api(asked)["total"]
        assert shown(page, metric["name"]) in ({}, total), metric["name"]
    page.get_by_role("button", name="More: Session outcomes").click()
    settled(page)
    expect(page.get_by_label("Day")).to_be_checked()
    expect(page.get_by_label("Mentor", exact=True)).to_have_count(0)
    page.get_by_role("button", name="My progress").click()
    expect(page.locator("[data-panel=score]")).to_be_visible()
    assert refused == []


def test_a_mentors_file_is_what_the_page_shows(
    page: Page, see: Open, site: Site, mentor: dict[str, Any], token: str
) -> None:
    see("lang=en", token)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV: Session outcomes").click()

    asked = f"metrics/session_outcome?days=30&compare=previous&mentor_id={mentor['mentor_id']}"
    assert download.value.path().read_bytes() == site.file(f"{asked}&format=csv", token)


def test_an_admin_comes_to_a_mentors_page_by_the_mentors_name(
    page: Page, see: Open, site: Site, mentor: dict[str, Any]
) -> None:
    see("lang=en&days=365")
    page.locator("[data-panel=mentors]").get_by_role("button", name=mentor["username"]).click()
    settled(page)

    expect(page.get_by_role("heading", name=mentor["username"])).to_be_visible()
    asked = f"metrics/mentor_day?mentor_id={mentor['mentor_id']}&days=365"
    assert shown(page, "mentor_day") == site.api(asked)["total"]


def test_a_learner_is_told_whose_page_it_is(page: Page, see: Open, site: Site) -> None:
    see("lang=en&page=mentor&mentor=1", site.learner_token)
    expect(page.get_by_role("alert")).to_contain_text("This page is for mentors")

    page.get_by_role("button", name="My progress").last.click()
    expect(page.locator("[data-panel=score]")).to_be_visible()


def test_who_is_no_mentor_any_more_sees_nothing_of_it(page: Page, see: Open, site: Site) -> None:
    tell(site.source_url, "INSERT INTO mentors (id, user_id) VALUES (900, 5001)")
    token = site.stack.token(5001, "mentor")
    see("lang=en", token)
    expect(page.locator("[data-panel='metrics/rating']")).to_be_visible()
    tell(site.source_url, "DELETE FROM mentors WHERE id = 900")
    page.keyboard.press("r")

    expect(page.get_by_role("alert").first).to_contain_text("This page is for mentors")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_for_everybody_in_any_width(
    browser: Browser, site: Site, token: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    theme = "dark" if language in ("he", "zh") else "light"
    page.goto(f"{site.address}?lang={language}&theme={theme}#token={token}")
    settled(page)

    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert_barred_by_nothing(page)
    context.close()
