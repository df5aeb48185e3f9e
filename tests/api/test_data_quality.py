"""What is wrong with MentorHub's rows: how many there are of each kind, and for admins which."""

from collections import Counter
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from shared.database import Connection
from shared.settings import Settings
from tests.support.dashboard import asking
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER, MENTOR, fill
from workers.rebuild import rebuild

ADDRESS = "/api/v1/analytics/metrics"

WRONG = (
    "UPDATE public.sessions SET status = 'SCHEDULED', scheduled_at = now() - interval '3 days'",
    "UPDATE public.reviews SET course_id = 999, reviewed_id = NULL",
)


@pytest.fixture
def admin(ours: Connection, settings: Settings) -> Iterator[FlaskClient]:
    fill(ours)
    for statement in WRONG:
        ours.execute(statement.encode())
    rebuild(settings)
    with asking(settings, ADMIN) as client:
        yield client


def test_the_ids_are_of_as_many_rows_as_are_counted(admin: FlaskClient) -> None:
    counted = {
        row["check"]: row["rows"] for row in admin.get(f"{ADDRESS}/data_quality").json["rows"]
    }
    listed: Counter[str] = Counter()
    for row in admin.get(f"{ADDRESS}/data_quality_row").json["rows"]:
        listed[row["check"]] += row["rows"]
    assert listed.keys() >= {"review_of_nothing", "session_past"}
    assert {check: listed[check] for check in counted} == counted


def test_those_of_one_kind_are_sorted_and_cut_as_asked(admin: FlaskClient) -> None:
    asked = f"{ADDRESS}/data_quality_row?check=session_past"
    ids = [row["id"] for row in admin.get(f"{asked}&order=-id").json["rows"]]
    assert len(ids) > 1
    assert ids == sorted(ids, reverse=True)
    assert [row["id"] for row in admin.get(f"{asked}&order=-id&limit=1").json["rows"]] == ids[:1]
    (row,) = admin.get(f"{asked}&by=check").json["rows"]
    assert row == {"check": "session_past", "rows": len(ids)}


def test_nobody_but_admins_is_told_an_id(client: FlaskClient) -> None:
    for who in (LEARNER, MENTOR):
        answer = client.get(f"{ADDRESS}/data_quality_row", headers=bearer(sign(who)))
        assert answer.status_code == 403
