"""Whatever is asked, the answer is the right status and one sentence."""

import pytest
from flask.testing import FlaskClient

from api.families import contract
from shared.metrics import METRICS
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import LEARNER

BAD_NUMBERS = ["0", "-1", "abc", "1e3", "1.5", "%2030", "30%20", "%2B30", "3_0", "030", "", "0x1e"]

BAD_NUMBERS += ["%D9%A3%D9%A0", "%EF%BC%93", "30%00", "30%0A", "NaN", "null", "%FF", "30;31"]

WINDOWED = ["user-growth", "sessions", "revenue"]

BAD_QUERIES = [
    *(f"{place}?days={value}" for place in WINDOWED for value in [*BAD_NUMBERS, "366", "9" * 5000]),
    *(f"courses?course_id={value}" for value in BAD_NUMBERS),
    *(
        f"{place}?currency={value}"
        for place in ("platform", "revenue")
        for value in ["", "rub", "RU", "RUBL", "RUB%0A", "%D0%A0%D0%A3%D0%91", "R%00B", "'--"]
    ),
    *(f"courses?limit={value}" for value in [*BAD_NUMBERS, "1001"]),
    *(
        f"courses?sort={value}"
        for value in ["", "Title", "rating", "title%00", "1", "title,course_id"]
    ),
    *(f"courses?order={value}" for value in ["", "ASC", "up", "desc%0A"]),
    *(f"courses?search={value}" for value in ["%00", "a%00b", "x" * 101]),
    *(f"courses?course_id=1&{more}" for more in ["limit=1", "sort=title", "order=asc", "search="]),
    "sessions?limit=1",
    "sessions?days=7&days=7",
    "revenue?currency=RUB&currency=USD",
    "courses?course_id=1&course_id=1",
    "platform?days=30",
    "sessions?currency=RUB",
    "user-growth?dayz=30",
    "user-growth?days=30&%FF=1",
    "courses?course_id=1&course_id",
    "me/engagement?user_id=1",
    f"user/{LEARNER}/engagement?days=30",
    "platform?=",
    *(f"{place}?compare={value}" for place in WINDOWED for value in ("", "next", "previous%0A")),
    "platform?compare=previous&compare=previous",
    "platform?compare=previous&days=30",
    "courses?compare=previous",
    "me/engagement?compare=previous",
    *(f"sessions?format={value}" for value in ["", "pdf", "CSV", "csv%20", "csv%00"]),
    "platform?format=csv&format=csv",
    *(
        f"metrics/session_outcome?from={value}&to=2026-03-02"
        for value in ["20260301", "2026-W10-1", "2026-02-30", "2026-03-01%0A", "%D9%A2026-03-01"]
    ),
    "notes?from=20260301",
    *(f"metrics/{metric}?{key}=a%00" for metric in METRICS for key in METRICS[metric].shown),
]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_bad_parameter_is_422(admin: FlaskClient, query: str) -> None:
    assert_problem(admin.get(f"/api/v1/analytics/{query}"), 422)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("sessions?days=366", "days must be a whole number from 1 to 365."),
        ("sessions?days=x", "days must be a whole number from 1 to 365."),
        ("sessions?days=1&days=2", "days may be given only once."),
        ("sessions?dayz=1", "dayz is not a parameter of this address."),
        ("courses?limit=1001", "limit must be a whole number from 1 to 1000."),
        ("courses?cursor=x", "cursor must be one that a Link of this address holds."),
        ("courses?order=up", "order must be asc or desc."),
        (
            "courses?course_id=1&limit=1",
            "limit says nothing about one course: leave out course_id.",
        ),
        ("courses?course_id=-1", "course_id must be a whole number from 1."),
        ("sessions?compare=next", "compare must be previous."),
        ("courses?compare=previous", "compare is not a parameter of this address."),
        ("sessions?format=pdf", "format must be json, csv or xlsx."),
        ("revenue?currency=rub", "currency must be three capitals like RUB."),
    ],
)
def test_the_sentence_names_the_parameter(admin: FlaskClient, query: str, detail: str) -> None:
    assert admin.get(f"/api/v1/analytics/{query}").json["detail"] == detail


@pytest.mark.parametrize("number", [3, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**18, 10**40])
def test_an_id_that_nothing_has_is_404(admin: FlaskClient, number: int) -> None:
    assert_problem(admin.get(f"/api/v1/analytics/courses?course_id={number}"), 404)
    assert_problem(admin.get(f"/api/v1/analytics/user/{number * 10}/engagement"), 404)


def test_an_id_with_more_digits_than_int_reads_is_404(admin: FlaskClient) -> None:
    assert_problem(admin.get(f"/api/v1/analytics/courses?course_id={'9' * 5000}"), 404)
    assert_problem(admin.get(f"/api/v1/analytics/user/{'9' * 5000}/engagement"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/analytics",
        "/api/v1/analytics/",
        "/api/v1/analytics/platform/",
        "/api//v1/analytics/platform",
        "/api/v1/analytics/Platform",
        "/api/v1/analytics/user/-1/engagement",
        "/api/v1/analytics/user/0/engagement",
        "/api/v1/analytics/user/01/engagement",
        "/api/v1/analytics/user/+1/engagement",
        "/api/v1/analytics/user/abc/engagement",
        "/api/v1/analytics/user/%D9%A1/engagement",
        "/api/v1/analytics/user/1%00/engagement",
        "/api/v1/analytics/user/%FF/engagement",
        "/api/v1/analytics/user//engagement",
        "/problems/nothing",
        "/docs/nothing",
        "/docs/assets/../start.js",
        "/static/app.py",
    ],
)
def test_an_unknown_address_is_404(client: FlaskClient, path: str) -> None:
    assert_problem(client.get(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/api/v1/analytics/platform", "/healthz"])
def test_another_method_is_405_and_says_which_it_knows(
    client: FlaskClient, path: str, method: str
) -> None:
    response = client.open(path, method=method)

    assert_problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "options",
    [{"data": "x"}, {"json": {"days": 7}}, {"headers": {"Transfer-Encoding": "chunked"}}],
)
def test_a_body_is_400(admin: FlaskClient, options: dict[str, object]) -> None:
    assert_problem(admin.get("/api/v1/analytics/sessions", **options), 400)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/plain, application/xml",
        "application/json;q=0",
        "*/*;q=0",
        "text/csv;q=0, application/xml",
        "application/*;q=0",
        "nonsense",
    ],
)
def test_a_request_that_excludes_all_formats_is_406(admin: FlaskClient, accept: str) -> None:
    response = admin.get("/api/v1/analytics/sessions", headers={"Accept": accept})

    assert_problem(response, 406)


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "image/*, application/json;q=0.001",
        "",
    ],
)
def test_a_request_that_accepts_json_gets_it(admin: FlaskClient, accept: str) -> None:
    response = admin.get("/api/v1/analytics/sessions", headers={"Accept": accept})

    assert (response.status_code, response.content_type) == (200, "application/json")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"method": "POST", "path": "/api/v1/analytics/nothing"}, 404),
        ({"method": "POST"}, 405),
        ({"headers": {"Accept": "text/html"}, "data": "x"}, 401),
    ],
)
def test_strangers_learn_no_more_than_addresses_and_methods(
    client: FlaskClient, fault: dict[str, object], status: int
) -> None:
    request = {"method": "GET", "path": "/api/v1/analytics/sessions?days=0"} | fault

    assert_problem(client.open(**request), status)


def test_the_role_is_checked_before_the_rest(client: FlaskClient) -> None:
    headers = bearer(sign(LEARNER)) | {"Accept": "text/html"}
    path = "/api/v1/analytics/sessions?days=0"

    assert_problem(client.get(path, headers=headers, data="x"), 403)


def test_body_then_format_then_parameters_are_checked(admin: FlaskClient) -> None:
    path = "/api/v1/analytics/sessions?days=0"

    assert_problem(admin.get(path, headers={"Accept": "text/html"}, data="x"), 400)
    assert_problem(admin.get(path, headers={"Accept": "text/html"}), 406)
    assert_problem(admin.get(path), 422)


def test_a_fault_of_ours_is_a_500_that_tells_nothing(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(contract, "answer", break_down)
    response = admin.get("/api/v1/analytics/sessions")

    assert_problem(response, 500)
    assert "secret" not in response.text
    assert "secret" in caplog.text
