"""The seed's permission table, for everybody who may turn up."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from freezegun import freeze_time

from tests.support.tokens import KEY, bearer, sign
from tests.support.world import ADMIN, DEACTIVATED, DELETED, DEMOTED, LEARNER, MENTOR, OTHER_LEARNER

PLACES = [
    "platform",
    "user-growth",
    "sessions",
    "courses",
    "revenue",
    f"user/{LEARNER}/engagement",
    "user/999/engagement",
    "me/engagement",
]

YESTERDAY = datetime.now(UTC) - timedelta(days=1)

WHO = {
    "no token": {},
    "expired": bearer(sign(ADMIN, role="admin", exp=YESTERDAY)),
    "wrong signature": bearer(
        sign(ADMIN, role="admin", key="another key of thirty-two bytes or more")
    ),
    "wrong audience": bearer(sign(ADMIN, role="admin", aud="elsewhere")),
    "wrong issuer": bearer(sign(ADMIN, role="admin", iss="elsewhere")),
    "refresh token": bearer(sign(ADMIN, role="admin", type="refresh")),
    "alg none": bearer(sign(ADMIN, role="admin", algorithm="none")),
    "learner self": bearer(sign(LEARNER)),
    "learner other": bearer(sign(OTHER_LEARNER)),
    "learner who writes admin": bearer(sign(OTHER_LEARNER, role="admin")),
    "mentor": bearer(sign(MENTOR, role="mentor")),
    "admin": bearer(sign(ADMIN, role="admin")),
    "demoted admin": bearer(sign(DEMOTED, role="admin")),
    "deactivated admin": bearer(sign(DEACTIVATED, role="admin")),
    "deleted user": bearer(sign(DELETED, role="admin")),
}

TABLE = {
    "no token":                 [401, 401, 401, 401, 401, 401, 401, 401],
    "expired":                  [401, 401, 401, 401, 401, 401, 401, 401],
    "wrong signature":          [401, 401, 401, 401, 401, 401, 401, 401],
    "wrong audience":           [401, 401, 401, 401, 401, 401, 401, 401],
    "wrong issuer":             [401, 401, 401, 401, 401, 401, 401, 401],
    "refresh token":            [401, 401, 401, 401, 401, 401, 401, 401],
    "alg none":                 [401, 401, 401, 401, 401, 401, 401, 401],
    "learner self":             [403, 403, 403, 403, 403, 200, 403, 200],
    "learner other":            [403, 403, 403, 403, 403, 403, 403, 200],
    "learner who writes admin": [403, 403, 403, 403, 403, 403, 403, 200],
    "mentor":                   [403, 403, 403, 403, 403, 403, 403, 200],
    "admin":                    [200, 200, 200, 200, 200, 200, 404, 200],
    "demoted admin":            [403, 403, 403, 403, 403, 403, 403, 200],
    "deactivated admin":        [403, 403, 403, 403, 403, 403, 403, 403],
    "deleted user":             [401, 401, 401, 401, 401, 401, 401, 401],
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "place", "status"),
    [
        pytest.param(who, place, status, id=f"{who}: {place}")
        for who, statuses in TABLE.items()
        for place, status in zip(PLACES, statuses, strict=True)
    ],
)
def test_everybody_reads_what_the_table_allows(
    client: FlaskClient, who: str, place: str, status: int
) -> None:
    response = client.get(f"/api/v1/analytics/{place}", headers=WHO[who])

    assert response.status_code == status
    assert response.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(sign(ADMIN, type=None), id="without a type"),
        pytest.param(sign(ADMIN, type="password_reset"), id="of another type"),
        pytest.param(sign(ADMIN, exp=None), id="that never expires"),
        pytest.param(sign(ADMIN, sub=None), id="without a subject"),
        pytest.param(sign(ADMIN, aud=None), id="without an audience"),
        pytest.param(sign(ADMIN, iss=None), id="without an issuer"),
        pytest.param(sign("admin"), id="for a name"),
        pytest.param(sign(f" {ADMIN}"), id="for a padded number"),
        pytest.param(sign("\N{ARABIC-INDIC DIGIT ONE}"), id="for an Arabic number"),
        pytest.param(sign(-1), id="for a negative number"),
        pytest.param(sign(10**30), id="for a number beyond bigint"),
        pytest.param(sign("9" * 5000), id="for a number beyond int()"),
        # HMAC fills keys up with zeros: for it this is the same key
        pytest.param(sign(ADMIN, algorithm="HS512", key=KEY.ljust(64, "\0")), id="of HS512"),
        pytest.param("a.b.c", id="that is none"),
        pytest.param("W1tbW1tb" * 1000 + ".e30.AA", id="of a thousand brackets"),
        pytest.param("", id="of no letter"),
        pytest.param("one two", id="of two words"),
        pytest.param("\xff.\xff.\xff", id="of no ASCII"),
    ],
)
def test_no_other_token_is_accepted(client: FlaskClient, token: str) -> None:
    response = client.get("/api/v1/analytics/me/engagement", headers=bearer(token))

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_subject_must_be_a_string(client: FlaskClient) -> None:
    token = sign(ADMIN, sub=ADMIN)

    assert client.get("/api/v1/analytics/platform", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("header", ["Basic {}", "{}", "Bearer", "Bearer {0}, Bearer {0}", ", ,"])
def test_only_a_bearer_token_is_read(client: FlaskClient, header: str) -> None:
    headers = {"Authorization": header.format(sign(ADMIN))}

    assert client.get("/api/v1/analytics/platform", headers=headers).status_code == 401


def test_tokens_outside_the_header_are_not_read(client: FlaskClient) -> None:
    client.set_cookie("access_token_cookie", sign(ADMIN))

    assert client.get(f"/api/v1/analytics/platform?jwt={sign(ADMIN)}").status_code == 401


def test_a_token_ends_with_the_second_it_names(client: FlaskClient) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=15)
    headers = bearer(sign(LEARNER, exp=end))

    def status(moment: datetime) -> int:
        with freeze_time(moment):
            return client.get("/api/v1/analytics/me/engagement", headers=headers).status_code

    assert status(end - timedelta(seconds=1)) == 200
    assert status(end) == 401


def test_a_learner_cannot_tell_who_exists(client: FlaskClient) -> None:
    headers = bearer(sign(LEARNER)) | {"If-None-Match": "*"}
    responses = {
        (response.status, str(response.headers), response.data)
        for query in ("", "?days=0", "?format=csv", "?format=xml")
        for user in (OTHER_LEARNER, ADMIN, DEACTIVATED, DELETED, 999, 10**40)
        for response in [
            client.get(f"/api/v1/analytics/user/{user}/engagement{query}", headers=headers)
        ]
    }

    assert len(responses) == 1
