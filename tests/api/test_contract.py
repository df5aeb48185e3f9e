"""Whatever is asked, by whomever: the answer is one that the OpenAPI document describes."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from flask import Flask
from schemathesis import engine
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.database import connect
from shared.metrics import ADMINS, METRICS
from shared.settings import Settings
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER, MENTOR, forget_entries

EXAMPLES = int(os.environ.get("EXAMPLES", "5"))
"""Random requests of each role to each address, besides those at the limits of parameters."""

TOMORROW = datetime.now(UTC) + timedelta(days=1)

WHO = {
    "admin": bearer(sign(ADMIN, exp=TOMORROW)),
    "learner": bearer(sign(LEARNER, exp=TOMORROW)),
    "mentor": bearer(sign(MENTOR, exp=TOMORROW)),
    "nobody": {},
}

REACHED = {
    "admin": {200, 404, 405, 422, 503},
    "learner": {200, 403, 405, 422},
    "mentor": {200, 403, 405, 422},
    "nobody": {200, 401, 405},
}
"""At least: otherwise nothing was tried."""

CONFIG = {
    "generation": {"max-examples": EXAMPLES, "database": "none"},
    "phases": {"stateful": {"enabled": False}},
    "checks": {
        # 503 to min_as_of and max_staleness, and of /readyz, as nothing refreshes these numbers
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
        # It sends requests again in a way that WSGI apps do not understand.
        "ignored_auth": {"enabled": False},
    },
    "operations": [
        {
            # A page is not to be had of one course, and a cursor only from another page.
            "include-path": "/api/v1/analytics/courses",
            "checks": {"positive_data_acceptance": {"enabled": False}},
        },
        {
            # Days go with from or without, rows are sorted by what they have, a webhook leads to
            # nobody's own network: no schema says what one value allows of another.
            "include-path-regex": "/(metrics/|alerts|goals|rebuilds)",
            "checks": {"positive_data_acceptance": {"enabled": False}},
        },
    ],
}

ONLY_ADMINS = [
    f"/api/v1/analytics/metrics/{metric.name}"
    for metric in METRICS.values()
    if metric.readers == ADMINS
]
"""Of others, one stands for all: they are sent away before anything of the metric is looked at."""

log = logging.getLogger(__name__)


@pytest.fixture
def app(world: Settings) -> Iterator[Flask]:
    """One of its own: streams that were asked for stay open, and what was entered does not."""
    app = create_app(world)
    yield app
    services(app)[Reader].close()
    with connect(world.analytics_url()) as connection:
        forget_entries(connection)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("who", WHO)
def test_schemathesis_finds_nothing(app: Flask, who: str) -> None:
    recorded = list(run(app, WHO[who], [] if who == "admin" else ONLY_ADMINS[1:]))
    reached = Counter(status for recorder in recorded for status in statuses(recorder))
    log.info("%s: %d requests, %s", who, reached.total(), dict(reached))

    assert [finding for recorder in recorded for finding in findings(recorder)] == []
    assert reached.keys() >= REACHED[who]


def run(app: Flask, headers: dict[str, str], without: list[str]) -> Iterator[ScenarioRecorder]:
    """What schemathesis asked, an address at a time."""
    config = schemathesis.Config.from_dict(CONFIG | {"headers": headers})
    document = schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
    asked = document.exclude(path=without) if without else document
    for event in engine.from_schema(asked).execute():
        assert not isinstance(event, FatalError | NonFatalError), event
        if isinstance(event, ScenarioFinished):
            yield event.recorder


def statuses(recorder: ScenarioRecorder) -> Iterator[int]:
    for interaction in recorder.interactions.values():
        if interaction.response:
            yield interaction.response.status_code
            if interaction.response.status_code == 503:
                kind = interaction.response.json()["type"]
                assert kind in {
                    f"/problems/{each}" for each in ("not-yet", "too-stale", "not-ready")
                }


def findings(recorder: ScenarioRecorder) -> Iterator[str]:
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info:
                failure, curl = check.failure_info.failure, check.failure_info.code_sample
                yield f"{check.name}: {failure.message}\n{curl}"
