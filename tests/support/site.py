"""The dashboard of a running stack, as pages see it."""

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.stack import Stack

LANGUAGES = {
    "ru": "Аналитика MentorHub",
    "en": "MentorHub analytics",
    "zh": "MentorHub 数据分析",
    "he": "הנתונים של MentorHub",
}


def assert_barred_by_nothing(page: Page) -> None:
    # what fades in has little contrast until it is there
    page.wait_for_function("""() => document.querySelector('[aria-busy=true]') === null
        && document.getAnimations().every(each => each.playState !== 'running')""")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags})
    assert found.violations_count == 0, found.generate_report()


PATIENCE = 20_000
"""Milliseconds: the machine may be busy, nothing here is a timing."""


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


Open = Callable[..., None]


def settled(page: Page) -> None:
    expect(page.locator("main .panel, main .notice").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def values(page: Page, selector: str) -> list[float]:
    """The numbers of all `data` elements that the selector finds."""
    found = page.locator(selector).evaluate_all("all => all.map(each => Number(each.value))")
    return [float(value) for value in found]
