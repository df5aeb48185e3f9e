"""What the OpenAPI document says of a response, checked by schemathesis."""

from functools import cache
from typing import Any

import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks
from werkzeug.test import TestResponse

from api.problems import MEDIA_TYPE, Problem, ProblemSchema
from api.server.browsers import HEADERS, POLICY

PAGES = ("/dashboard", "/docs", "/metrics", "/openapi.json", "/ops")
"""Addresses for people and tools: they tell of the API and are no part of it."""

OF_HTTP = {"Content-Type", "Content-Length", "Date", "Vary"}

OF_BROWSERS = {*dict([*HEADERS, POLICY])}


def is_page(path: str) -> bool:
    return path == "/" or path.startswith(PAGES)


CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


class DocumentedClient(FlaskClient):
    """A client that takes no response but those that the document describes."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        response = super().open(*args, **options)
        assert_documented(self.application, response)
        return response


@cache
def contract(app: Flask) -> BaseSchema:
    """The document of the app."""
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


def assert_documented(app: Flask, response: TestResponse) -> None:
    """Status, media type, headers and body are as the document says."""
    request = response.request
    operation = contract(app).find_operation_by_path(request.method, request.path)
    if request.method in {"HEAD", "OPTIONS"} or is_page(request.path):
        return
    if operation:
        operation.Case().validate_response(response, CHECKS)
        described = operation.responses.find_by_status_code(response.status_code).headers
        sent = {name for name, _ in response.headers if not name.startswith("Access-Control-")}
        undescribed = sent - OF_HTTP - OF_BROWSERS - {name for name, _ in described.items()}
        assert undescribed == set(), undescribed
    else:
        assert (response.status_code, response.mimetype) in {(404, MEDIA_TYPE), (405, MEDIA_TYPE)}


def assert_problem(response: TestResponse, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    problem = response.json
    assert ProblemSchema().validate(problem) == {}
    (kind,) = (kind for kind in Problem if kind.type == problem["type"])
    assert (kind.value.status, kind.value.title) == (status, problem["title"])
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    assert ". " not in problem["detail"]
