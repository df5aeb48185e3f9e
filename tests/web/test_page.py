"""How the page behaves: signing in, languages, themes, keyboard, states, files."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.processes import wait_until
from tests.support.site import LANGUAGES, Open, Site, assert_barred_by_nothing, settled


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


def test_the_first_numbers_are_asked_for_before_there_is_code_to_show_them(
    page: Page, site: Site
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/assets/app-*.js", hold)
    sessions, revenue = "**/analytics/sessions?*", "**/analytics/revenue?*"
    with page.expect_response(sessions), page.expect_response(revenue):
        page.goto(site.admin_address, wait_until="commit")
    expect(page.locator(".card")).to_have_count(0)

    # nobody else is answered: what is shown is what was asked for first
    page.route(re.compile("analytics/(sessions|revenue)"), lambda route: route.abort())
    for route in held:
        route.continue_()
    expect(page.locator(".card .figure data")).to_have_count(6)


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


def test_letters_are_commands_by_their_place_on_a_layout_without_them(
    page: Page, see: Open
) -> None:
    see()
    compare = page.get_by_label("Сравнить", exact=True)
    expect(compare).to_be_checked()
    page.evaluate(
        """() => document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: "\\u0441", code: "KeyC", bubbles: true})
        )"""
    )
    expect(compare).not_to_be_checked()


def test_all_commands_and_places_are_behind_ctrl_k(page: Page, see: Open) -> None:
    see("lang=en")
    page.get_by_label("Search titles").focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Commands")
    expect(box).to_be_focused()
    assert_barred_by_nothing(page)
    box.fill("zzz")
    expect(page.get_by_role("dialog").get_by_role("status")).to_be_visible()
    box.fill("days 90")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="90 days")).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("Control+k")
    box.fill("courses")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel=courses]")).to_be_focused()
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Language: עברית").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


@pytest.mark.parametrize("language", ["en", "he"])
def test_days_that_are_dragged_over_are_summed_up_and_shown(
    page: Page, see: Open, site: Site, language: str
) -> None:
    see(f"lang={language}&days=7")
    joined = [day["new_users"] for day in site.api("user-growth?days=7")["data"]]
    box = page.locator("[data-panel=user_growth] .days").bounding_box()
    assert box
    # the axis takes a little of the width
    at = [box["x"] + box["width"] * (index + 0.5) / 7 for index in range(7)]
    first, last = (3, 1) if language == "he" else (3, 5)
    page.mouse.move(at[first], box["y"] + 80)
    page.mouse.down()
    page.mouse.move(at[last], box["y"] + 80)
    tip = page.locator("[data-panel=user_growth] .tip strong")
    expect(tip).to_have_text(re.compile(rf"\b{sum(joined[3:6])}\b"))
    page.mouse.up()
    page.wait_for_url(re.compile("days=4"))


def test_a_number_says_what_it_means(page: Page, see: Open) -> None:
    see("lang=en")
    name = page.locator(".card[data-number=transaction_count]").get_by_role("button")
    meaning = "How many completed payments were created in the window."
    expect(name).to_have_accessible_description(meaning)
    name.focus()
    bubble = page.locator(".bubble")
    expect(bubble).to_have_text(meaning)
    page.keyboard.press("Escape")
    expect(bubble).to_have_count(0)
    page.locator("[data-number='revenue.total'] dt").get_by_role("button").hover()
    expect(bubble).to_contain_text("Completed payments of all time")
    box = bubble.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 1280


def test_letters_are_no_commands_where_a_reader_turns_them_off(page: Page, see: Open) -> None:
    see("lang=en")
    page.get_by_role("button", name="Help and keys").click()
    page.get_by_label("Single letters are commands").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("1")

    expect(page.get_by_role("button", name="30 days")).to_have_attribute("aria-pressed", "true")


def test_the_address_shows_somebody_else_the_same(page: Page, see: Open, site: Site) -> None:
    see("lang=en")
    page.get_by_role("button", name="90 days").click()
    page.get_by_role("button", name="Rating", exact=True).click()
    page.get_by_label("Search titles").fill("о")
    page.get_by_label("User's number").fill("2")
    page.get_by_role("button", name="Look up").click()
    page.get_by_label("Currency").select_option("USD")
    expect(page.locator("[data-panel=user] .person")).to_be_visible()
    page.wait_for_url(re.compile("search="))
    settled(page)
    address = page.url

    def numbers(of: Page) -> list[str]:
        return of.locator("main data").evaluate_all("all => all.map(each => each.value)")

    other = page.context.new_page()
    other.goto(f"{address}#token={site.admin_token}")
    settled(other)
    assert other.url == address
    expect(other.locator("[data-panel=user] .person")).to_be_visible()
    # what came meanwhile comes to both
    assert wait_until(lambda: numbers(other) == numbers(page))


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
