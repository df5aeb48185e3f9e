"""What is about a mentor is read by that mentor and by admins, and by nobody else."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.metrics import ADMINS, METRICS
from shared.metrics import MENTOR as KEY
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, DEMOTED, LEARNER, MENTOR

ROOT = "/api/v1/analytics"

OWN = 5
"""The number of the only mentor."""

ABOUT = [name for name, metric in METRICS.items() if metric.readers == KEY]


def ask(client: FlaskClient, place: str, user: int) -> Any:
    return client.get(f"{ROOT}/metrics/{place}", headers=bearer(sign(user)))


@pytest.mark.parametrize("name", ABOUT)
def test_a_mentor_reads_their_own_rows_as_an_admin_does(client: FlaskClient, name: str) -> None:
    place = f"{name}?mentor_id={OWN}&by=mentor_id"
    theirs, admins = (ask(client, place, user) for user in (MENTOR, ADMIN))

    assert theirs.status_code == admins.status_code == 200
    assert theirs.json == admins.json
    assert ask(client, f"{place}&format=csv", MENTOR).text.startswith("\ufeffmentor_id,")
    assert {row[KEY] for row in theirs.json["rows"]} <= {OWN}


def test_there_is_something_of_a_mentor_to_read() -> None:
    assert {"session_outcome", "rating", "revenue", "mentor_day"} <= {*ABOUT}
    assert all(KEY in METRICS[name].shown for name in ABOUT)


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.coarser])
def test_what_all_mentors_have_is_what_each_has(client: FlaskClient, name: str) -> None:
    metric = METRICS[name]
    own, whole = (
        ask(client, f"{name}?by={by}", ADMIN).json
        for by in (f"{metric.date},mentor_id", metric.date)
    )

    assert own["total"] == whole["total"]
    assert any(own["total"].values())
    for row in whole["rows"]:
        parts = [part for part in own["rows"] if part[metric.date] == row[metric.date]]
        for measure in metric.measures:
            assert row[measure] == sum(part[measure] for part in parts)


@pytest.mark.parametrize("user", [LEARNER, DEMOTED])
@pytest.mark.parametrize("name", ABOUT)
def test_nobody_else_can_tell_which_mentors_there_are(
    client: FlaskClient, name: str, user: int
) -> None:
    asked = ["", "?mentor_id=5", "?mentor_id=6", f"?mentor_id={user}", "?mentor_id=x", "?days=0"]
    told = {
        (answer.status_code, answer.text)
        for each in asked
        for answer in [ask(client, name + each, user)]
    }

    assert len(told) == 1
    assert next(iter(told))[0] == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "by=mentor_id",
        "mentor_id=6",
        f"mentor_id={MENTOR}",
        "mentor_id=5,6",
        "mentor_id=05",
        "mentor_id=",
        "mentor_id=6&mentor_id=5",
        f"user_id={MENTOR}",
    ],
)
@pytest.mark.parametrize("name", ABOUT)
def test_a_mentor_reads_of_no_other(client: FlaskClient, name: str, query: str) -> None:
    assert ask(client, f"{name}?{query}", MENTOR).status_code == 403


def test_a_number_given_twice_opens_no_other(client: FlaskClient) -> None:
    answer = ask(client, "session_outcome?by=mentor_id&mentor_id=5&mentor_id=6", MENTOR)

    assert answer.status_code == 422


@pytest.mark.parametrize("flag", ["names", "notes"])
def test_what_admins_wrote_and_names_stay_with_them(client: FlaskClient, flag: str) -> None:
    place = f"session_outcome?mentor_id={OWN}&{flag}=true&format=csv"

    assert ask(client, place, MENTOR).status_code == 403
    assert ask(client, place, ADMIN).status_code == 200


def test_the_catalogue_says_what_is_theirs(client: FlaskClient) -> None:
    def own(user: int) -> dict[str, tuple[str, list[int]]]:
        body: Any = client.get(f"{ROOT}/metrics?unlisted=true", headers=bearer(sign(user))).json
        return {each["name"]: (each["readers"], each["own"]) for each in body["metrics"]}

    mentor, learner, admin = own(MENTOR), own(LEARNER), own(ADMIN)
    assert {name for name in mentor if name not in learner} == {*ABOUT}
    assert all(mentor[name] == (KEY, [OWN]) for name in ABOUT)
    assert learner["active_day"] == ("user_id", [LEARNER])
    assert admin["session_outcome"] == (KEY, [])
    assert all(ids == [] for readers, ids in admin.values() if readers == ADMINS)


def test_currencies_are_those_of_the_mentor(client: FlaskClient) -> None:
    everybody, theirs = (
        ask(client, f"revenue?{query}", ADMIN).headers.get("X-Analytics-Currencies")
        for query in ("", f"mentor_id={OWN}")
    )

    assert everybody == "RUB, USD"
    assert theirs in (None, "", "RUB")


def test_names_are_asked_for_by_a_few_numbers(client: FlaskClient) -> None:
    def names(mentors: str) -> Any:
        return ask(client, f"mentor_name?by=mentor_id,username&mentor_id={mentors}", ADMIN)

    assert names("9,5,7").json["rows"] == [{"mentor_id": 5, "username": "mentor", "mentors": 1}]
    assert names("7,9").json["rows"] == []
    assert names("5,5").headers["ETag"] == names("5").headers["ETag"]
    for wrong in ("5,", ",", "5,x", "05", "+5", ",".join(map(str, range(101))), "9" * 19):
        assert names(wrong).status_code == 422, wrong
