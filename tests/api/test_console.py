"""`/ops/`: the page says nothing, its state is for admins, and is what `analytics status` says."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from ops.status import collect
from shared.database import connect
from shared.settings import Settings
from tests.support.tokens import bearer, sign
from tests.support.world import LEARNER

PAGE = "/ops/"


def test_the_page_is_the_same_for_everybody_and_loads_nothing_of_others(
    client: FlaskClient,
) -> None:
    response = client.get(PAGE)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search(r"<script(?! defer src=)|<style| on\w+=| style=", response.text)
    for name in re.findall(r'(?:src|href)="(console\.\w+)"', response.text):
        assert client.get(PAGE + name).status_code == 200
    tag = response.headers["ETag"]
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/ops").headers["Location"] == "ops/"


def test_only_admins_see_the_state(client: FlaskClient) -> None:
    assert client.get("/ops/state").status_code == 401
    assert client.get("/ops/state", headers=bearer(sign(LEARNER))).status_code == 403


def test_the_state_has_the_numbers_of_status(admin: FlaskClient, world: Settings) -> None:
    with connect(world.analytics_url()) as connection:
        # who was never heard of is silent for the readings when they could have been
        connection.execute(
            "UPDATE control.installation SET installed_at = installed_at - '1 h'::interval"
        )
    told = collect(world)
    response = admin.get("/ops/state")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    for row in told["summaries"]:
        (line,) = re.findall(rf'<tr data-summary="{row["summary"]}".*', response.text)
        counted = [float(value) for value in re.findall(r'<data value="([^"]+)"', line)]
        assert counted[:2] == [row["pending"], row["rows"]]
        assert row["as_of"][:19] in line
    alarms = set(re.findall(r'data-alarm="(\w+)"', response.text))
    assert {problem["alarm"] for problem in told["problems"]} - {"redis_away"} <= alarms
    parts = re.findall(r'data-part="(\w+)" data-alive="(\w+)"', response.text)
    assert dict(parts) == {name: str(part["alive"]).lower() for name, part in told["parts"].items()}


def test_text_of_others_is_no_html(admin: FlaskClient, world: Settings) -> None:
    spell = "<img src=x onerror=alert(1)>'\"&"
    with connect(world.analytics_url()) as connection:
        connection.execute("SELECT control.ask('a spell', '{}', 'request', %s)", [spell])
        try:
            text = admin.get("/ops/state").text
        finally:
            connection.execute("DELETE FROM control.run WHERE id = 'a spell'")
    assert spell not in text
    assert spell in unescape(text)


@pytest.mark.parametrize("path", ["/ops/state.html", "/ops/index.html", "/ops/../ops/state"])
def test_nothing_else_is_there(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 404
