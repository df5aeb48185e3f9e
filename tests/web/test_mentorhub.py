"""Our components in MentorHub's front end, as it is built, behind an nginx like theirs."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from ops.local.processes import free_port
from shared.database import connect
from tests.support.processes import wait_until
from tests.support.site import LANGUAGES, Site, assert_barred_by_nothing, values

ROOT = Path(__file__).resolve().parents[2]

APPLICATION = ROOT / "web" / "mentorhub"

THEIRS = """
    pid {folder}/pid;
    error_log stderr warn;
    events {{ worker_connections 256; }}
    http {{
        access_log off;
        {temporary}
        {http}
        server {{
            listen 127.0.0.1:{port};
            {server}
            location /api/ {{ return 502; }}
            location / {{ proxy_pass http://127.0.0.1:{application}; }}
        }}
    }}
"""
"""MentorHub's own proxy, in short: its backend, its front end, and what we give them to paste."""


@pytest.fixture(scope="module")
def address(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the application is, with the analytics behind the same origin."""
    node = shutil.which("node")
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not node or not nginx or not (APPLICATION / ".next" / "BUILD_ID").exists():
        pytest.skip("The application is not built: make web mentorhub, with Node.js and nginx.")
    folder = tmp_path_factory.mktemp("theirs")
    application, port = free_port(), free_port()
    (folder / "nginx.conf").write_text(configuration(site, folder, application, port))
    with ExitStack() as started:
        for name, command in (
            ("next", [node, "node_modules/next/dist/bin/next", "start", "-p", str(application)]),
            ("nginx", [nginx, "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"]),
        ):
            log = started.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen(command, cwd=APPLICATION, stdout=log, stderr=log)
            started.callback(process.wait, 20)
            started.callback(process.terminate)
        assert wait_until(lambda: answers(port)), (folder / "next.log").read_text()
        yield f"http://127.0.0.1:{port}"


def configuration(site: Site, folder: Path, application: int, port: int) -> str:
    """With what docker/nginx.conf has between its marks."""
    shipped = (ROOT / "docker" / "nginx.conf").read_text()
    shipped = shipped.replace("127.0.0.1:8000", urlsplit(site.address).netloc)
    parts = {
        part: shipped.partition(f"# begin: {part}")[2].partition(f"# end: {part}")[0]
        for part in ("http", "server")
    }
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    numbers = {"application": application, "port": port}
    return THEIRS.format(folder=folder, temporary=temporary, **parts, **numbers)


def answers(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/en/analytics")
            return connection.getresponse().status == 200
    except OSError:
        return False


Visit = Callable[[str, str], None]


@pytest.fixture
def visit(page: Page, address: str) -> Visit:
    """Opens a page of the application, signed in to MentorHub."""

    def visit(path: str, token: str) -> None:
        keep = f"localStorage.setItem('access_token', '{token}')"
        page.add_init_script(keep)
        page.goto(address + path)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)

    return visit


def test_the_page_of_analytics_shows_what_the_api_says(
    page: Page, visit: Visit, site: Site
) -> None:
    visit("/en/analytics", site.admin_token)
    platform, revenue = site.api("platform"), site.api("revenue")["analytics"]
    sessions = site.api("sessions")["analytics"]
    courses = site.api("courses?sort=enrollments&order=desc&limit=10")["courses"]

    expect(page.locator("tbody th bdi").first).to_be_visible()
    assert values(page, "article p:nth-child(2) data") == [
        platform["users"]["total"],
        sessions["total"],
        platform["sessions"]["completion_rate"],
        revenue["total_revenue"],
    ]
    assert values(page, "dl dd data") == list(sessions["by_status"].values())
    assert values(page, "table:has(caption) tbody data") == [
        course[name] for course in courses for name in ("enrollments", "completion_rate")
    ]
    assert_barred_by_nothing(page)


def test_the_page_of_funnels_shows_the_steps_of_any_window(
    page: Page, visit: Visit, site: Site
) -> None:
    visit("/en/funnels", site.admin_token)
    for asked in (30, 365):
        page.get_by_role("button", name=f"{asked} days").click()
        expect(page.locator("caption")).to_contain_text(f"within {asked} days")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        rows = site.api(f"metrics/funnel?window={asked}")["rows"]
        expect(page.locator("tbody tr")).to_have_count(len(rows))
        assert values(page, "tbody td:nth-child(3) data") == [row["users"] for row in rows]
        assert values(page, "tbody td:nth-child(4) data") == [row["share"] for row in rows]
    expect(page.locator("tbody th").first).to_have_text("Registered")
    assert_barred_by_nothing(page)


def test_a_row_that_is_committed_comes_through_their_proxy(
    page: Page, visit: Visit, site: Site
) -> None:
    visit("/ru/analytics", site.admin_token)
    users = page.locator("article data").first
    before = int(users.get_attribute("value") or 0)
    page.evaluate("() => { window.neverLoadedAgain = true }")
    with connect(site.source_url) as source:
        source.execute(
            "INSERT INTO users (username, email, hashed_password)"
            " VALUES ('through a proxy', 'proxy@example.com', '')"
        )

    expect(users).to_have_attribute("value", str(before + 1))
    assert page.evaluate("() => window.neverLoadedAgain")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_learners_stats_are_theirs(page: Page, visit: Visit, site: Site, language: str) -> None:
    visit(f"/{language}/stats", site.learner_token)
    body = site.file("me/engagement", site.learner_token)

    score, *points = values(page, "section data")
    assert f'"engagement_score":{score:.0f}' in body.decode().replace(" ", "")
    assert sum(points) == score
    right_to_left = "rtl" if language == "he" else "ltr"
    expect(page.locator("html")).to_have_attribute("dir", right_to_left)


def test_who_may_not_see_the_platform_is_told_there(page: Page, visit: Visit, site: Site) -> None:
    visit("/en/analytics", site.learner_token)
    expect(page.get_by_role("alert").first).to_have_text("For administrators only.")
