"""`/metrics`: who may read it, what is in it, and that the files ask for what is there."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from api.live.stream import MOST, Streams, Subscription
from api.requests.carried import Account
from api.services import services
from shared import sqlfiles
from shared.alarms import ALARMS
from shared.database import connect
from shared.readings import READINGS
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.server import Client, Server, server_of_a_module
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER

TOKEN = "only-prometheus-knows-this"  # noqa: S105
OURS = {"Authorization": f"Bearer {TOKEN}"}
FOLDER = sqlfiles.ROOT.parent / "docker/prometheus"

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def numbers(text: str) -> Numbers:
    """By name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def prometheus(served: Callable[..., FlaskClient]) -> FlaskClient:
    client = served(metrics_token=TOKEN)
    client.environ_base["HTTP_AUTHORIZATION"] = OURS["Authorization"]
    return client


def test_only_admins_and_who_has_the_token_may_read_it(
    prometheus: FlaskClient, client: FlaskClient
) -> None:
    assert prometheus.get("/metrics").status_code == 200
    assert prometheus.get("/metrics", headers=bearer(sign(ADMIN))).status_code == 200
    assert prometheus.get("/metrics", headers=bearer(sign(LEARNER))).status_code == 403
    for wrong in ({"Authorization": ""}, {"Authorization": f"Bearer {TOKEN}x"}):
        assert prometheus.get("/metrics", headers=wrong).status_code == 401
    # without the setting no text is that token
    assert client.get("/metrics", headers=OURS).status_code == 401
    assert prometheus.get("/api/v1/analytics/platform").status_code == 401, "it opens nothing else"


def test_every_reading_is_described_and_given(prometheus: FlaskClient) -> None:
    definition = sqlfiles.read("install/readings")
    measured = {"queue_length"}
    assert {name for name in READINGS if f"'{name}'" not in definition} == measured
    found = {name for name, _ in numbers(prometheus.get("/metrics").text)}
    sure = {"as_of_share", "pending_changes", "drift_open_rows", "audit_age_seconds"}
    assert {f"analytics_{name}" for name in sure} < found


def test_the_counters_of_mentorhub_are_its_stored_rows(
    prometheus: FlaskClient, world: Settings
) -> None:
    found = numbers(prometheus.get("/metrics").text)
    with connect(world.analytics_url()) as ours:
        for name, question in {
            "user_registration_total": "SELECT count(*) FROM public.users",
            "session_created_total": "SELECT count(*) FROM public.sessions",
            "payment_success_total": (
                "SELECT count(*) FROM public.payments"
                " WHERE lower(status::text) = 'completed' AND created_at IS NOT NULL"
            ),
            "payment_failed_total": (
                "SELECT count(*) FROM public.payments"
                " WHERE lower(status::text) = 'failed' AND created_at IS NOT NULL"
            ),
        }.items():
            row = ours.execute(question.encode()).fetchone()
            assert row
            assert found[name, ()] == row[0], name


def test_without_a_database_it_says_that_there_is_none(
    served: Callable[..., FlaskClient],
) -> None:
    client = served(
        metrics_token=TOKEN, analytics_database_url="postgresql://nobody@127.0.0.1:1/none"
    )
    found = numbers(client.get("/metrics", headers=OURS).text)
    assert found["analytics_database_away", ()] == 1
    assert found["analytics_streams", ()] == 0
    assert "analytics_as_of_share" not in {name for name, _ in found}


server = server_of_a_module("test_metrics", metrics_token=TOKEN)


def scraped(server: Server) -> Numbers:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", "/metrics", headers=OURS)
        return numbers(connection.getresponse().read().decode())


def test_requests_are_timed_by_address_and_status(server: Server) -> None:
    client = Client(server.port)
    before = scraped(server)
    for _ in range(3):
        client.get("platform")
    client.get("user/17/engagement")
    client.get("there/is/nothing")
    stream = client.listen()
    now = scraped(server)
    stream.close()
    client.close()

    def more(endpoint: str, status: int) -> float:
        labels = (("endpoint", endpoint), ("status", str(status)))
        key = ("analytics_http_request_seconds_count", labels)
        return now.get(key, 0) - before.get(key, 0)

    root = "/api/v1/analytics"
    assert more(f"{root}/platform", 200) == 3
    assert more(f"{root}/user/<id:user_id>/engagement", 404) == 1
    assert more("other", 404) == 1
    assert now["analytics_streams", ()] == 1


def asked(expression: str) -> set[str]:
    """The metrics that an expression names."""
    bare = re.sub(r'\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(by|without) \([^)]*\)', "", expression)
    return set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", bare)) - {"histogram_quantile"}


EXPRESSIONS = {
    "alerts": [
        json.loads(text)
        for text in re.findall(r"expr: (.+)$", (FOLDER / "alerts.yml").read_text(), re.MULTILINE)
    ],
    "dashboard": [
        target["expr"]
        for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]
        for target in panel["targets"]
    ],
}

ON_OCCASION = {f"analytics_{name}" for name in READINGS}
"""Of these some have no number in a database that nothing is replicated into."""


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_what_the_files_ask_for_is_exposed(server: Server, where: str) -> None:
    exposed = {name for name, _ in scraped(server)} | ON_OCCASION
    # counters that nothing has counted yet
    exposed |= {f"analytics_work_{name}total" for name in ("", "seconds_", "rows_")}
    exposed |= {"analytics_cache_hits_total"}
    names = set[str]().union(*map(asked, EXPRESSIONS[where]))
    assert len(names) > 10
    assert names - exposed == set()


def test_the_work_of_the_parts_is_counted(prometheus: FlaskClient, world: Settings) -> None:
    told = '{"fold": {"done": 2, "failed": 0, "seconds": 0.5, "rows": 7}}'
    with connect(world.analytics_url()) as ours:
        for _ in range(2):
            ours.execute("SELECT control.note_tally(%s::jsonb, '{\"queue_length\": 3}')", [told])
        ours.execute("UPDATE control.tally SET minute = minute - interval '2 hours'")
        ours.execute("SELECT control.note_tally(%s::jsonb, '{}')", [told])
    found = numbers(prometheus.get("/metrics").text)
    fold = (("what", "fold"),)
    assert found["analytics_work_total", fold] == 6
    assert found["analytics_work_rows_total", fold] == 21
    assert found["analytics_work_seconds_total", fold] == pytest.approx(1.5)
    assert found["analytics_queue_length", ()] == 3


def test_streams_ring_before_the_next_one_is_refused_and_no_more_when_they_end(
    prometheus: FlaskClient,
) -> None:
    streams = services(prometheus.application)[Streams]

    def rings() -> str | None:
        share = numbers(prometheus.get("/metrics").text)["analytics_streams_share", ()]
        return ALARMS["streams_full"].level(share)

    def fill(most: int) -> list[Subscription]:
        """Each of another admin."""
        admin = Account(
            id=0,
            is_admin=True,
            is_active=True,
            is_proven=True,
            mentors=(),
            is_mentor_proven=True,
        )
        return [
            streams.subscribe(replace(admin, id=1000 + number), 0)
            for number in range(len(streams), most)
        ]

    first = fill(MOST * 4 // 5)
    assert rings() is None
    others = fill(MOST * 4 // 5 + 1)
    assert rings() == "warning"
    others += fill(MOST)
    assert rings() == "page"
    assert_problem(prometheus.get("/api/v1/analytics/stream", headers=bearer(sign(ADMIN))), 503)
    for one in others:
        one.leave()
    assert (len(streams), rings()) == (len(first), None)


def test_alarms_name_readings_or_what_an_api_knows_of_itself() -> None:
    named = {alarm.reading for alarm in ALARMS.values() if alarm.reading}
    assert named - READINGS.keys() == {"database_away", "streams_share"}


def test_a_request_is_called_in_the_log_as_its_client_calls_it(server: Server) -> None:
    def named(**headers: str) -> str:
        answer = server.client().get("revenue?days=77", **headers)
        return answer.headers["X-Request-ID"]

    assert named(**{"X-Request-ID": "from-the-proxy-1"}) == "from-the-proxy-1"
    for strange in ("short", "with blanks in it", "x" * 65):
        assert named(**{"X-Request-ID": strange}) != strange
    assert len({named(), named()}) == 2
    log = (server.settings.home / "log" / "api.log").read_text()
    (line,) = [line for line in log.splitlines() if "Revenue (77 days) calculated" in line]
    assert "from-the-proxy-1" in line
