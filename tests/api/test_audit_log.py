"""Who read whose engagement is written down."""

import json
import subprocess
import sys
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient

from api.access import read_log
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, DELETED, LEARNER, OTHER_LEARNER


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Mock:
    monkeypatch.setattr(read_log, "log", log := Mock())
    return log


def engagement_of(user_id: int) -> str:
    return f"/api/v1/analytics/user/{user_id}/engagement"


def test_a_read_of_anothers_engagement_is_a_line_without_names(
    admin: FlaskClient, log: Mock
) -> None:
    admin.get(engagement_of(LEARNER))

    log.info.assert_called_once_with(
        "Audit: engagement read", logger="audit", reader=ADMIN, whose=LEARNER, status=200
    )


def test_each_read_is_one_whether_stored_known_or_exported(admin: FlaskClient, log: Mock) -> None:
    path = engagement_of(LEARNER)
    known = {"If-None-Match": admin.get(path).headers["ETag"]}
    admin.get(path)
    admin.get(path, headers=known)
    admin.head(path)
    admin.get(f"{path}?format=csv")

    assert [call.kwargs["status"] for call in log.info.call_args_list] == [200, 200, 304, 200, 200]


def test_what_is_ones_own_or_was_refused_is_no_line(
    admin: FlaskClient, client: FlaskClient, log: Mock
) -> None:
    learner = bearer(sign(LEARNER))
    statuses = [
        client.get(engagement_of(LEARNER), headers=learner).status_code,
        client.get("/api/v1/analytics/me/engagement", headers=learner).status_code,
        client.get(engagement_of(OTHER_LEARNER), headers=learner).status_code,
        client.get(engagement_of(OTHER_LEARNER)).status_code,
        admin.get(engagement_of(DELETED)).status_code,
        admin.get(f"{engagement_of(LEARNER)}?days=1").status_code,
        admin.get(engagement_of(ADMIN)).status_code,
    ]

    assert statuses == [200, 200, 403, 401, 404, 422, 200]
    assert log.info.call_count == 0


SCRIPT = """
from shared import logs
logs.configure("json", "CRITICAL")
from api.access import read_log
from api.answers import responses
responses.log.error("not this")
read_log.write(reader=1, whose=2, status=200)
"""


def test_no_log_level_silences_the_audit() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    ).stderr
    (line,) = map(json.loads, said.splitlines())

    assert line.pop("timestamp")
    assert line == {
        "event": "Audit: engagement read",
        "logger": "audit",
        "level": "info",
        "reader": 1,
        "whose": 2,
        "status": 200,
    }
