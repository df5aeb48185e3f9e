"""What a client's author reads: the OpenAPI document, its pages, the catalogue of problems."""

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from apispec import APISpec
from flask import Blueprint as Pages
from flask import Response, json, request
from flask_smorest import Blueprint
from marshmallow import Schema

from api.answers.files import File, send, send_from
from api.fields import identifier, several, text
from api.problems import Problem, refuse
from api.services import service

PAGES = Path(__file__).parent / "html"

SWAGGER_UI = Path(str(files("flask_swagger_ui") / "dist"))

KEPT = "public, max-age=300"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("problems", __name__, description="The errors there are.")

pages = Pages("documentation", __name__)

NAME = {"in": "path", "name": "name", "description": "The last part of the problem's `type`."}


class KindBody(Schema):
    type = text("The stable identifier, and the address of this entry.")
    title = text("What it is, the same each time.")
    status = identifier("The HTTP status that it comes with.")
    when = text("When it occurs.")
    remedy = text("What to do.")


class CatalogueBody(Schema):
    problems = several(KindBody, "All of them, by status.")


@blueprint.route("/problems")
@blueprint.response(200, CatalogueBody, headers={"ETag": "ETag"})
def problems() -> Response:
    """Every problem that the API can give."""
    return _public({"problems": [kind.entry() for kind in Problem]})


@blueprint.route("/problems/<name>", parameters=[NAME])
@blueprint.response(200, KindBody, headers={"ETag": "ETag"})
@blueprint.alt_response(404, response="NOT_FOUND")
def one_problem(name: str) -> Response:
    """One problem: when it occurs and what to do."""
    kind = next((kind for kind in Problem if kind.slug == name), None)
    if kind is None:
        refuse(Problem.UNKNOWN_ID, "No problem has this name.")
    return _public(kind.entry())


@pages.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document."""
    return send(_written(service(APISpec)), KEPT)


@pages.get("/docs")
def docs() -> Response:
    """The document as pages."""
    response = send_from(PAGES, "index.html", KEPT)
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/")
def start_page() -> Response:
    """Somewhere to begin: the dashboard."""
    response = Response(status=HTTPStatus.FOUND)
    # Relative, so that it holds behind every proxy.
    response.headers["Location"] = "dashboard/"
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/docs/start.js")
def start() -> Response:
    """What fills the pages."""
    return send_from(PAGES, "start.js", KEPT)


@pages.get("/docs/assets/<path:name>")
def assets(name: str) -> Response:
    """Swagger UI itself."""
    return send_from(SWAGGER_UI, name, KEPT)


def _public(body: object) -> Response:
    response = Response(json.dumps(body), content_type="application/json")
    response.headers["Cache-Control"] = KEPT
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def _written(spec: APISpec) -> File:
    return File(json.dumps(spec.to_dict()).encode(), ".json")
