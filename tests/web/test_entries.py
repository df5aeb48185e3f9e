"""What administrators write on the page: notes on days, goals."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, Route, expect

from tests.support.mentorhub import tell
from tests.support.site import Open, Site, assert_barred_by_nothing, values

MISSED = """
    INSERT INTO sessions (student_id, mentor_id, scheduled_at, status)
    SELECT student_id, mentor_id, now(), 'NO_SHOW' FROM sessions LIMIT 1
"""


def test_a_note_is_written_shown_in_the_charts_changed_and_deleted(
    page: Page, see: Open, site: Site
) -> None:
    see("lang=en")
    panel = page.locator("[data-panel=notes]")
    today = date.fromisoformat(site.api("user-growth?days=1")["data"][0]["date"])
    panel.get_by_label("Day").fill((today - timedelta(1)).isoformat())
    panel.get_by_label("What happened").fill("Black Friday <b>")
    panel.get_by_role("button", name="Add").click()
    expect(panel.locator("li bdi")).to_have_text("Black Friday <b>")
    expect(panel.get_by_label("What happened")).to_have_value("")

    page.get_by_role("group", name="New users by day").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tip:not([hidden]) em")).to_have_text("Black Friday <b>")
    expect(page.locator(".noted")).to_have_count(2)
    assert_barred_by_nothing(page)

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV: New users by day").click()
    lines = download.value.path().read_text().splitlines()
    assert f"user_growth,{today - timedelta(1)}.notes,Black Friday <b>" in lines

    panel.get_by_role("button", name="Change").click()
    panel.get_by_label("What happened").fill("Half price")
    panel.get_by_role("button", name="Keep").click()
    expect(panel.locator("li bdi")).to_have_text("Half price")
    panel.get_by_role("button", name="Delete").click()
    expect(panel.locator("li")).to_have_count(0)
    expect(page.locator(".noted")).to_have_count(0)


def test_a_note_that_is_refused_stays_to_be_written_again(page: Page, see: Open) -> None:
    see("lang=en")

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            body = '{"status": 422, "detail": "It must be shorter."}'
            route.fulfill(status=422, content_type="application/problem+json", body=body)
        else:
            route.continue_()

    page.route("**/notes*", refuse)
    panel = page.locator("[data-panel=notes]")
    panel.get_by_label("What happened").fill("long")
    panel.get_by_role("button", name="Add").click()
    expect(panel.get_by_role("alert")).to_have_text("It must be shorter.")
    expect(panel.get_by_label("What happened")).to_have_value("long")


def test_a_goal_is_a_line_or_a_share(page: Page, see: Open, site: Site) -> None:
    see("lang=en&page=metrics&metric=payment_day&days=90")
    goals = page.locator(".goals")
    for days, value in (("30", "1000000"), ("1", "45000.5")):
        goals.get_by_label("Goal").fill(value)
        goals.get_by_label("Window").select_option(days)
        goals.get_by_role("button", name="Add").click()
        expect(goals.locator("tr small").last).to_contain_text(f"{float(value):,.0f}"[:6])
    total = site.api("metrics/payment_day?days=30")["total"]["amount"]
    expect(goals.locator("tr").first.locator("data")).to_have_attribute("value", str(total))
    expect(page.locator(".days .goal")).to_have_text(re.compile("Goal: .45,000.50"))
    assert_barred_by_nothing(page)
    page.get_by_role("button", name="Platform").click()
    expect(page.locator("[data-panel=revenue] .goal")).to_have_count(1)
    page.go_back()

    for left in (1, 0):
        goals.get_by_role("button", name="Delete").first.click()
        expect(goals.locator("tr")).to_have_count(left)
    expect(page.locator(".days .goal")).to_have_count(0)


def test_an_alert_rings_on_the_open_page_once_though_workers_are_killed(
    page: Page, see: Open, site: Site
) -> None:
    see("lang=en&page=metrics&metric=session_day&days=7")
    rules = page.get_by_role("region", name="Alerts")
    rules.get_by_label("Only").select_option("status")
    rules.get_by_label("Which").fill("no_show")
    rules.get_by_label("Threshold").fill("2")
    rules.get_by_role("button", name="Add").click()
    expect(rules.locator("li")).to_contain_text("Sessions · No-show · 1 day: above 2")
    assert_barred_by_nothing(page)
    page.get_by_role("button", name="Platform").click()
    expect(page.locator(".badge")).to_have_attribute("data-state", "live")
    (before,) = values(page, "[data-number='sessions.total'] dd > data")

    for _ in range(4):
        tell(site.source_url, MISSED)
        worker = site.stack.find("celery", "worker")
        if worker:
            worker.kill()

    alarm = page.locator(".alarm")
    expect(alarm).to_contain_text("Sessions by day: Sessions · No-show · 1 day: above 2")
    expect(page.locator("[data-number='sessions.total'] dd > data")).to_have_attribute(
        "value", str(int(before) + 4)
    )
    assert [fired["ended_at"] for fired in site.api("alerts/fired")["fired"]] == [None]
    assert_barred_by_nothing(page)
    page.reload()
    alarm.get_by_role("button", name="Acknowledge").click()
    expect(alarm).to_have_count(0)
    expect(page.locator("[data-panel=alerts] li")).to_contain_text("still · acknowledged by ")
    page.reload()
    expect(page.locator("[data-panel=alerts] li")).to_contain_text("acknowledged by ")
    expect(alarm).to_have_count(0)
