"""How the page behaves: signing in, languages, themes, keyboard, states, files."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.conftest import Open, Site, settled

LANGUAGES = {
    "ru": "Аналитика MentorHub",
    "en": "MentorHub analytics",
    "zh": "MentorHub 数据分析",
    "he": "הנתונים של MentorHub",
}


def test_a_token_is_out_of_the_address_at_once_and_in_no_request(page: Page, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.admin_address)
    settled(page)

    assert page.url == site.address
    assert len(asked) > 5
    assert not [url for url in asked if site.admin_token in url]
    page.reload()
    settled(page)
    expect(page.get_by_role("heading", name="Новые пользователи по дням")).to_be_visible()


def test_a_tab_of_its_own_knows_nothing_of_the_token(page: Page, see: Open, site: Site) -> None:
    see()
    other = page.context.new_page()
    other.goto(site.address)

    expect(other.get_by_role("heading", name="Вход")).to_be_visible()


def test_mentorhubs_own_token_is_taken_where_it_is(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.evaluate("token => localStorage.setItem('access_token', token)", site.learner_token)
    page.reload()
    settled(page)

    expect(page.locator("[data-panel=score]")).to_be_visible()


def test_signing_in_by_hand_and_out_again(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.get_by_label("Токен доступа").fill("nonsense")
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("alert")).to_contain_text("больше не действует")

    page.get_by_label("Токен доступа").fill(f" {site.learner_token}\n")
    page.get_by_role("button", name="Войти").click()
    settled(page)
    expect(page.locator("[data-panel=score]")).to_be_visible()
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("heading", name="Вход")).to_be_visible()


def test_who_may_not_see_the_platform_is_told(page: Page, see: Open, site: Site) -> None:
    see("page=platform", site.learner_token)
    expect(page.get_by_role("alert")).to_contain_text("для администраторов")

    page.get_by_role("button", name="Мой прогресс").last.click()
    expect(page.locator("[data-panel=score]")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_everything_in_its_own_words(
    page: Page, see: Open, site: Site, language: str
) -> None:
    for token in (site.admin_token, site.learner_token):
        see(f"lang={language}&user=1&tables=revenue", token)
        expect(page).to_have_title(LANGUAGES[language])
        root = page.locator("html")
        expect(root).to_have_attribute("lang", language)
        expect(root).to_have_attribute("dir", "rtl" if language == "he" else "ltr")
        words = " ".join(page.locator("h1, h2, button, label, dt, thead").all_inner_texts())
        words = words.replace("Русский", "")
        assert bool(re.search(r"[\u0400-\u04ff]", words)) == (language == "ru")
        page.goto("about:blank")


@pytest.mark.parametrize(("language", "theme"), [("ru", "light"), ("he", "dark")])
def test_nothing_bars_anybody(page: Page, see: Open, site: Site, language: str, theme: str) -> None:
    for token in (site.admin_token, site.learner_token):
        see(f"lang={language}&theme={theme}&user=1&tables=revenue", token)
        is_dark = "dark" in (page.locator("html").get_attribute("class") or "")
        assert is_dark == (theme == "dark")
        assert_barred_by_nothing(page)
        page.goto("about:blank")


def test_the_theme_follows_the_system_until_somebody_chooses(page: Page, see: Open) -> None:
    page.emulate_media(color_scheme="dark")
    see("lang=en")
    root = page.locator("html")
    expect(root).to_have_class("dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_class("")
    page.get_by_label("Theme").select_option("dark")
    expect(root).to_have_class("dark")
    assert page.evaluate("() => localStorage.getItem('mentorhub-theme')") == "dark"


def assert_barred_by_nothing(page: Page) -> None:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_everything_in_its_width(browser: Browser, site: Site, language: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    for query, token in (("days=365&user=1", site.admin_token), ("", site.learner_token)):
        page.goto(f"{site.address}?lang={language}&{query}#token={token}")
        settled(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") == 360
        page.goto("about:blank")
    context.close()


def test_everything_can_be_done_by_keyboard(page: Page, see: Open) -> None:
    see("lang=en")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("Skip to content")

    page.keyboard.press("1")
    expect(page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    settled(page)
    page.keyboard.press("t")
    expect(page.locator("[data-panel=user_growth] tbody tr")).to_have_count(7)
    page.keyboard.press("t")

    chart = page.get_by_role("group", name="New users by day")
    chart.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    settled(page)
    assert "days=6" in page.url

    page.keyboard.press("c")
    assert "compare=no" in page.url
    expect(page.locator(".card .delta")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Search titles")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Help and keys").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_barred_by_nothing(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Help and keys")).to_be_focused()


def test_letters_are_no_commands_where_a_reader_turns_them_off(page: Page, see: Open) -> None:
    see("lang=en")
    page.get_by_role("button", name="Help and keys").click()
    page.get_by_label("Single letters are commands").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("1")

    expect(page.get_by_role("button", name="30 days")).to_have_attribute("aria-pressed", "true")


def test_the_address_shows_somebody_else_the_same(page: Page, see: Open, site: Site) -> None:
    see("lang=en")
    page.get_by_role("button", name="90 days").click()
    page.get_by_role("button", name="Rating").click()
    page.get_by_label("Search titles").fill("о")
    page.get_by_label("User's number").fill("2")
    page.get_by_role("button", name="Look up").click()
    page.get_by_label("Currency").select_option("USD")
    expect(page.locator("[data-panel=user] .person")).to_be_visible()
    page.wait_for_url(re.compile("search="))
    settled(page)
    address = page.url
    shown = page.locator("main data").evaluate_all("all => all.map(each => each.value)")

    other = page.context.new_page()
    other.goto(f"{address}#token={site.admin_token}")
    settled(other)
    assert other.url == address
    expect(other.locator("[data-panel=user] .person")).to_be_visible()
    assert other.locator("main data").evaluate_all("all => all.map(each => each.value)") == shown


def test_a_file_is_exactly_what_is_shown(page: Page, see: Open, site: Site) -> None:
    see("days=7&sort=title&order=asc")
    asked = {
        "Скачать CSV: Новые пользователи по дням": "user-growth?days=7&compare=previous",
        "Скачать CSV: Курсы": "courses?sort=title&order=asc&limit=10",
    }
    for name, path in asked.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        content = download.value.path().read_bytes()
        assert content == site.file(f"{path}&format=csv", site.admin_token)
        assert download.value.suggested_filename.endswith(".csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать XLSX: Сессии по статусу").click()
    assert download.value.path().read_bytes()[:2] == b"PK"


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


def test_huge_and_tiny_numbers_and_long_names_stay_inside(page: Page, see: Open) -> None:
    def huge(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        body["analytics"]["total_revenue"] = 9_876_543_210_987.65
        body["analytics"]["avg_transaction"] = 0.01
        route.fulfill(response=response, json=body)

    page.route("**/revenue?*", huge)
    page.set_viewport_size({"width": 1000, "height": 800})
    see("lang=ru&currency=KZT")

    for card in page.locator(".card").all():
        box, figure = card.bounding_box(), card.locator(".figure data").bounding_box()
        assert box
        assert figure
        assert figure["x"] + figure["width"] <= box["x"] + box["width"] + 1
