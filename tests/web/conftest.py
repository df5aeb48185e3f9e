"""The dashboard in a real browser, over the real stack with its smallest demo."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.mentorhub import tell
from tests.support.processes import wait_until
from tests.support.site import PATIENCE, Open, Site, settled
from tests.support.stack import Stack

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=PATIENCE)

NEWCOMERS = """
    INSERT INTO users (id, username, email, hashed_password, created_at)
    SELECT 5000 + n, 'newcomer ' || n, 'newcomer ' || n, '', now() - n * n * interval '3 hours'
    FROM generate_series(1, 40) AS n
"""
"""The few users of the smallest demo came two years ago. In the three days before today are three
at least, whatever the time: of two Hebrew has a word and no number."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Stack(tmp_path_factory.mktemp("web") / "home") as stack:
        stack.start()
        tell(stack.description()["source_database_url"], NEWCOMERS)
        assert wait_until(lambda: stack.total_users() == 20 + 40)
        yield Site(stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("There is no chromium: apt-get install chromium, or set CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=Path(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new person's browser."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id="Asia/Kathmandu", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not say anything to its console but that a request failed."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    # what is asked for at this moment is nobody's any more
    page.unroute_all(behavior="ignoreErrors")
    assert [line for line in said if "Failed to load resource" not in line] == []


@pytest.fixture
def see(page: Page, site: Site) -> Open:
    """Opens the dashboard signed in, and waits until every panel has its answer."""

    def see(query: str = "", token: str = "") -> None:
        page.goto(f"{site.address}?{query}#token={token or site.admin_token}")
        settled(page)

    return see
