"""What browsers are told, and whose scripts may read answers."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.families import contract
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER

PLACE = "/api/v1/analytics/platform"

Serve = Callable[..., FlaskClient]

OURS, THEIRS = "https://mentorhub.example", "https://evil.example"


def assert_shielded(response: TestResponse) -> None:
    headers = response.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert headers.getlist("Cross-Origin-Resource-Policy") == ["same-origin"]
    (policy,) = headers.getlist("Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (PLACE, 200),
        (f"{PLACE}?days=1", 422),
        (f"{PLACE}?format=csv", 200),
        (f"{PLACE}?format=xlsx", 200),
        ("/api/v1/analytics/user/999/engagement", 404),
        ("/nothing", 404),
        ("/healthz", 200),
        ("/openapi.json", 200),
        ("/docs", 200),
        ("/problems", 200),
    ],
)
def test_every_response_is_shielded(admin: FlaskClient, path: str, status: int) -> None:
    response = admin.get(path, buffered=True)

    assert response.status_code == status
    assert_shielded(response)


def test_refusals_faults_and_empty_responses_are_shielded(
    admin: FlaskClient, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = admin.get(PLACE).headers["ETag"]
    with monkeypatch.context() as broken:
        broken.setattr(contract, "answer", None)
        fault = admin.get("/api/v1/analytics/sessions")
    responses = {
        304: admin.get(PLACE, headers={"If-None-Match": etag}),
        401: client.get(PLACE),
        403: client.get(PLACE, headers=bearer(sign(LEARNER))),
        405: client.post(PLACE),
        500: fault,
    }

    for status, response in responses.items():
        assert response.status_code == status
        assert_shielded(response)
    assert_shielded(admin.head(PLACE))
    assert_shielded(admin.options(PLACE))


def test_pages_keep_the_policy_of_their_own(client: FlaskClient) -> None:
    policy = client.get("/docs", buffered=True).headers["Content-Security-Policy"]

    assert "script-src 'self'" in policy


def test_without_the_setting_no_other_origin_is_let_in(admin: FlaskClient) -> None:
    preflight = {"Origin": OURS, "Access-Control-Request-Method": "GET"}

    for response in (
        admin.get(PLACE, headers={"Origin": OURS}),
        admin.options(PLACE, headers=preflight),
    ):
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (OURS, OURS),
        ("http://localhost:3000", "http://localhost:3000"),
        (THEIRS, None),
        ("null", None),
        ("http://mentorhub.example", None),
        (f"{OURS}.evil.example", None),
        (f"{OURS}:444", None),
        ("https://a.mentorhub.example", None),
        ("https://mentorhubXexample", None),
    ],
)
def test_an_origin_is_let_in_by_its_whole_name(
    served: Serve, origin: str, allowed: str | None
) -> None:
    client = served(cors_origins=(OURS, "http://localhost:3000"))
    for headers in (bearer(sign(ADMIN)), {}):  # whoever may not read learns why
        response = client.get(PLACE, headers=headers | {"Origin": origin})
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_browser_is_told_before_it_asks(served: Serve) -> None:
    client = served(cors_origins=(OURS,))
    wish = {
        "Origin": OURS,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,cache-control,if-none-match,x-other",
    }
    response = client.options(PLACE, headers=wish)

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == OURS
    allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed == ["authorization", "cache-control", "if-none-match"]
    assert response.headers["Access-Control-Max-Age"] == "600"
    assert "PATCH" not in response.headers["Access-Control-Allow-Methods"]

    ticket = client.options(
        "/api/v1/analytics/stream/ticket", headers=wish | {"Access-Control-Request-Method": "POST"}
    )
    assert "POST" in ticket.headers["Access-Control-Allow-Methods"]


def test_a_script_of_a_let_in_origin_reads_our_headers(served: Serve) -> None:
    client = served(cors_origins=(OURS,))
    response = client.get(PLACE, headers=bearer(sign(ADMIN)) | {"Origin": OURS})

    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    ours = {name for name, _ in response.headers if name.startswith("X-Analytics")}
    assert ours | {"ETag", "Link", "Retry-After", "Content-Disposition"} <= set(exposed)


def test_caches_tell_origins_apart(served: Serve) -> None:
    client = served(cors_origins=(OURS, "http://localhost:3000"))
    response = client.get(PLACE, headers=bearer(sign(ADMIN)) | {"Origin": OURS})

    assert "Origin" in ", ".join(response.headers.getlist("Vary")).split(", ")


def test_every_origin_may_be_let_in_and_never_with_credentials(served: Serve) -> None:
    client = served(cors_origins=("*",))
    response = client.get(PLACE, headers=bearer(sign(ADMIN)) | {"Origin": THEIRS})

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
