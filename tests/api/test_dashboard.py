"""The dashboard's files: what is served, for how long it is kept, and what a browser lets it do."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from api.server.dashboard import BUILT

PAGE = "/dashboard/"


@pytest.fixture
def named(client: FlaskClient) -> list[str]:
    """The files that the page names."""
    return re.findall(r'(?:src|href)="\./(assets/[^"]+)"', client.get(PAGE).text)


def test_the_page_names_files_by_their_content(client: FlaskClient, named: list[str]) -> None:
    assert {name.rpartition(".")[2] for name in named} == {"js", "css", "svg"}
    for name in named:
        response = client.get(PAGE + name)
        assert response.status_code == 200, name
        assert re.search(r"-[\w-]{8}\.", name)
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_page_itself_is_asked_for_each_time(client: FlaskClient) -> None:
    response = client.get(PAGE)
    assert response.headers["Cache-Control"] == "no-cache"
    known = {"If-None-Match": response.headers["ETag"]}
    assert client.get(PAGE, headers=known).status_code == 304


def test_nothing_is_inline_and_nobody_else_is_asked(client: FlaskClient) -> None:
    response = client.get(PAGE)
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", response.text)
    assert "//" not in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert set(re.findall(r"(?<=-src )[^;]+", policy)) == {"'self'", "'none'"}


def test_a_file_is_sent_in_gzip_to_who_takes_it(client: FlaskClient, named: list[str]) -> None:
    script = next(name for name in named if name.endswith(".js"))
    plain = client.get(PAGE + script)
    zipped = client.get(PAGE + script, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != zipped.headers["ETag"]


def test_all_of_its_javascript_is_no_more_than_150_kb(client: FlaskClient) -> None:
    sizes = [
        len(client.get(f"{PAGE}assets/{path.name}", headers={"Accept-Encoding": "gzip"}).data)
        for path in BUILT.glob("assets/*.js")
    ]
    assert len(sizes) > 1
    assert sum(sizes) <= 150_000


def test_without_its_slash_the_address_leads_to_the_page(client: FlaskClient) -> None:
    response = client.get("/dashboard")
    assert (response.status_code, response.headers["Location"]) == (308, "dashboard/")


@pytest.mark.parametrize("name", ["nothing.js", "../index.html", "%2e%2e/index.html", "a/b.js"])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    response = client.get(f"{PAGE}assets/{name}")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
