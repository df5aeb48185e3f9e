"""The dashboard in a real browser, over the real stack with its smallest demo."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.mentorhub import tell
from tests.processes import wait_until
from tests.test_stack import Stack

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

PATIENCE = 20_000
"""Milliseconds: the machine may be busy, nothing here is a timing."""

expect.set_options(timeout=PATIENCE)

NEWCOMERS = """
    INSERT INTO users (id, username, email, hashed_password, created_at)
    SELECT 5000 + n, 'newcomer ' || n, 'newcomer ' || n, '', now() - n * n * interval '5 hours'
    FROM generate_series(1, 40) AS n
"""
"""The few users of the smallest demo came two years ago."""


class Site:
    """A running stack: where its dashboard is, and what its API says."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        said = stack.said()
        self.admin_address = re.findall(r"Dashboard\s+(\S+)", said)[0]
        self.learner_address = re.findall(r"As a learner\s+(\S+)", said)[0]
        self.address = self.admin_address.partition("#")[0]
        self.source_url: str = stack.description()["source_database_url"]

    @property
    def admin_token(self) -> str:
        return self.admin_address.partition("#token=")[2]

    @property
    def learner_token(self) -> str:
        return self.learner_address.partition("#token=")[2]

    def file(self, path: str, token: str) -> bytes:
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        headers = {"Authorization": f"Bearer {token}"}
        connection.request("GET", f"/api/v1/analytics/{path}", headers=headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        assert response.status == 200, content
        return content

    def api(self, path: str) -> Any:
        """What the API says to an admin."""
        return json.loads(self.file(path, self.admin_token))


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
    assert [line for line in said if "Failed to load resource" not in line] == []


Open = Callable[..., None]


@pytest.fixture
def see(page: Page, site: Site) -> Open:
    """Opens the dashboard signed in, and waits until every panel has its answer."""

    def see(query: str = "", token: str = "") -> None:
        page.goto(f"{site.address}?{query}#token={token or site.admin_token}")
        settled(page)

    return see


def settled(page: Page) -> None:
    expect(page.locator("main .panel, main .notice").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def values(page: Page, selector: str) -> list[float]:
    """The numbers of all `data` elements that the selector finds."""
    found = page.locator(selector).evaluate_all("all => all.map(each => Number(each.value))")
    return [float(value) for value in found]
