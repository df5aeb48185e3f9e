"""The document is valid, complete, and read by anybody; so are its pages and the catalogue."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_smorest.spec.plugins import FlaskPlugin

from api.document import openapi
from api.problems import Problem
from shared.database import Connection, connect
from shared.metrics import METRICS
from shared.settings import Settings
from tests.support.contract import assert_problem, contract, is_page


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").json


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of everything that can be asked."""
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "post"}:
            yield method, path, item[method]


def test_the_document_is_openapi_3_1(app: Flask, document: dict[str, Any]) -> None:
    contract(app).validate()

    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_address_is_described(app: Flask, document: dict[str, Any]) -> None:
    addresses = {FlaskPlugin.flaskpath2openapi(rule.rule) for rule in app.url_map.iter_rules()}

    assert {path for path in addresses if not is_page(path)} == set(document["paths"])


def test_a_command_prints_the_document_without_a_database(document: dict[str, Any]) -> None:
    told = subprocess.run([sys.executable, "-m", "api"], capture_output=True, check=True)

    assert json.loads(told.stdout) == document


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(set(names)) == len(names)


def test_a_token_is_needed_for_numbers_only(client: FlaskClient, document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        is_public = operation.get("security") == []
        values = {"user_id": 2, "id": 2, "name": "not-ready", "run": UUID(int=2)}
        response = client.open(path.format(**values), method=method)
        assert (response.status_code == 401) is not is_public, path


def test_examples_have_the_form_they_show(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in (path.stem for path in openapi.EXAMPLES.iterdir()):
        (example,) = schemas[name]["examples"]
        jsonschema_rs.validate({"$ref": f"#/components/schemas/{name}", **document}, example)


def test_every_body_of_an_answer_has_an_example(document: dict[str, Any]) -> None:
    bodies = {
        reference
        for _, path, operation in operations(document)
        if path.startswith("/api/")
        for reference in re.findall(r"schemas/(\w+)", str(operation["responses"]["200"]))
    }

    written = {path.stem for path in openapi.EXAMPLES.iterdir()}
    assert bodies == written | {f"{metric.schema}Body" for metric in METRICS.values()}


def test_every_answer_is_offered_as_a_file(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if "304" in operation["responses"]:
            assert "format" in {
                parameter.get("name") for parameter in operation.get("parameters", [])
            }
            assert len(operation["responses"]["200"]["content"]) == 3, (method, path)


def properties(part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, what is said of it) of every property of every schema, wherever it stands."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield from part.get("properties", {}).items()
        for inner in part.values():
            yield from properties(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from properties(inner)


def test_every_property_is_described_in_sentences(document: dict[str, Any]) -> None:
    everything = list(properties(document))

    assert len(everything) > 50
    for name, described in everything:
        assert re.fullmatch(r"[A-Z0-9`].*\.", described.get("description", "")), name


def test_every_quantity_has_a_unit(document: dict[str, Any]) -> None:
    without = {
        name
        for name, described in properties(document)
        if re.search("number|integer", str(described.get("type"))) and "x-unit" not in described
    }

    assert without == {
        "acknowledged_by",
        "course_id",
        "mentor_id",
        "user_id",
        "review_id",
        "session_id",
        "course",
        "mentor",
        "user",
        "status",
        "alert_id",
        "id",
        "written_by",
        # which one, and not how many
        "weekday",
        "hour",
        # keys: days, and which of them
        "gap",
        "lessons",
        "place",
        "lesson_id",
        "moment",
        "rating",
        "way",
        "n",
        "hours",
    }


def parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Whatever can be sent: in a path, a query or a header."""
    yield from document["components"]["parameters"].values()
    for _, path, operation in operations(document):
        for parameter in operation.get("parameters", []) + document["paths"][path].get(
            "parameters", []
        ):
            if "$ref" not in parameter:
                yield parameter


IDS = {"alert_id", "note_id", "goal_id"}


def test_every_parameter_and_header_is_described_in_sentences(document: dict[str, Any]) -> None:
    everything = [
        *((parameter["name"], parameter) for parameter in parameters(document)),
        *document["components"]["headers"].items(),
    ]

    keys = {name for metric in METRICS.values() for name in metric.keys} | IDS
    for name, described in everything:
        assert re.fullmatch(r"[A-Z`].*\.", described.get("description", "")), name
        if described["schema"]["type"] == "integer" and name not in keys:
            assert "x-unit" in described["schema"], name


def test_a_stored_number_is_described_by_the_comment_on_its_column(
    world: Settings, document: dict[str, Any]
) -> None:
    with connect(world.analytics_url()) as connection:
        rows = connection.execute(
            """
            SELECT attname::text, col_description(attrelid, attnum) FROM pg_attribute
            WHERE attrelid = 'analytics.course_performance'::regclass AND attnum > 0
            """
        ).fetchall()
    stored = dict(rows)
    stored["course_title"] = stored["title"]

    for name, described in document["components"]["schemas"]["CourseBody"]["properties"].items():
        assert described["description"] == stored[name]


def test_the_score_is_what_its_formula_gives(ours: Connection, document: dict[str, Any]) -> None:
    """Of numbers below and above each bound, and of means that are no decimals."""
    schema = document["components"]["schemas"]["EngagementBody"]["properties"]
    about = schema["engagement_score"]["description"]
    (formula,) = re.findall(r"`(floor.*?)`", about)
    exact = re.sub(r"[\d.]+", r'Fraction("\g<0>")', formula)
    ours.execute(
        """
        INSERT INTO analytics.user_engagement
            (user_id, users, sessions_attended, courses_enrolled, progress_sum, reviews_written)
        SELECT row_number() OVER (), 1, sessions, courses, progress * courses / 3, reviews
        FROM
            unnest(ARRAY[0, 1, 9, 10, 11]) AS sessions,
            unnest(ARRAY[0, 1, 3, 5, 6]) AS courses,
            unnest(ARRAY[0, 1, 100, 200, 299, 300]) AS progress,
            unnest(ARRAY[0, 1, 2, 3, 4]) AS reviews
        """
    )
    rows = ours.execute(
        "SELECT sessions_attended, courses_enrolled, progress_sum, reviews_written,"
        " engagement_score FROM analytics.user_engagement"
    ).fetchall()

    assert len(rows) == 750
    for sessions, courses, progress, reviews, score in rows:
        numbers = {
            "sessions_attended": sessions,
            "courses_enrolled": courses,
            "avg_progress": Fraction(progress) / courses if courses else 0,
            "reviews_written": reviews,
        }
        names = {"Fraction": Fraction, "floor": floor, "min": min}
        assert eval(exact, names, numbers) == score, numbers  # noqa: S307 - our own document
    for path in ("user/{user_id}/engagement", "me/engagement"):
        assert formula in document["paths"][f"/api/v1/analytics/{path}"]["get"]["description"]


def test_who_has_the_document_already_gets_304(client: FlaskClient) -> None:
    full = client.get("/openapi.json")

    assert full.headers["Cache-Control"] == "public, max-age=300"
    known = {"If-None-Match": full.headers["ETag"]}
    assert client.get("/openapi.json", headers=known).status_code == 304


def test_the_pages_load_nothing_but_files_of_ours(client: FlaskClient) -> None:
    page = client.get("/docs", buffered=True)
    files = re.findall(r'(?:href|src)="([^"]+)"', page.text)

    assert len(files) == 4
    for name in files:
        response = client.get(f"/{name}", buffered=True)
        assert response.status_code == 200, name
        assert response.content_length
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert re.findall(r"<script[^>]*>(.+?)</script>|style=| on\w+=", page.text) == []


def test_the_first_page_leads_to_the_dashboard(client: FlaskClient) -> None:
    response = client.get("/")

    assert (response.status_code, response.headers["Location"]) == (302, "dashboard/")
    assert client.get("/", follow_redirects=True).status_code == 200


def test_files_come_in_one_piece_and_to_who_has_them_not_at_all(client: FlaskClient) -> None:
    for path in ("docs", "docs/start.js", "docs/assets/swagger-ui-bundle.js"):
        response = client.get(f"/{path}")
        assert len(list(response.iter_encoded())) == 1
        again = client.get(f"/{path}", headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304


def test_every_problem_has_a_page(client: FlaskClient) -> None:
    catalogue = client.get("/problems").json["problems"]

    assert [entry["type"] for entry in catalogue] == [kind.type for kind in Problem]
    for entry in catalogue:
        assert client.get(entry["type"]).json == entry
    assert_problem(client.get("/problems/nothing"), 404)


def test_every_problem_of_an_address_is_documented(document: dict[str, Any]) -> None:
    documented = {
        slug
        for response in document["components"]["responses"].values()
        for slug in response["content"]["application/problem+json"]["examples"]
    }

    # 405 is the answer to operations that the document does not hold.
    assert documented == {kind.slug for kind in Problem} - {Problem.UNKNOWN_METHOD.slug}


def test_a_problem_reads_like_the_others() -> None:
    for kind in Problem:
        assert re.fullmatch(r"[A-Z][^.]*", kind.value.title)
        assert re.fullmatch(r"[A-Z`].*\.", kind.value.when)
        assert re.fullmatch(r"[A-Z].*\.", kind.value.remedy)
