"""What a client's author reads: the OpenAPI document, its pages, the catalogue of problems."""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint as Pages
from flask import Response, current_app, json, request, send_from_directory
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from api.catalogue import Problem
from api.columns import several
from api.openapi import EXTENSION
from api.problems import refuse

PAGES = Path(__file__).parent / "docs"

SWAGGER_UI = str(files("flask_swagger_ui") / "dist")

MAX_AGE = 300

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("problems", __name__, description="The errors there are.")

pages = Pages("documentation", __name__)


class KindBody(Schema):
    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, strict=True)
    when = fields.String(required=True)
    remedy = fields.String(required=True)


class CatalogueBody(Schema):
    problems = several(KindBody)


@blueprint.route("/problems")
@blueprint.response(200, CatalogueBody)
def problems() -> Response:
    """Every problem that the API can give."""
    return _public({"problems": [kind.entry() for kind in Problem]})


@blueprint.route("/problems/<name>")
@blueprint.response(200, KindBody)
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
    return _public(current_app.extensions[EXTENSION].to_dict())


@pages.get("/docs")
def docs() -> Response:
    """The document as pages."""
    response = send_from_directory(PAGES, "index.html", max_age=MAX_AGE)
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/docs/start.js")
def start() -> Response:
    """What fills the pages."""
    return send_from_directory(PAGES, "start.js", max_age=MAX_AGE)


@pages.get("/docs/assets/<path:name>")
def assets(name: str) -> Response:
    """Swagger UI itself."""
    return send_from_directory(SWAGGER_UI, name, max_age=MAX_AGE)


def _public(body: object) -> Response:
    response = Response(json.dumps(body), content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response.add_etag()
    response.make_conditional(request)
    return response
