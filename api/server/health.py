"""Whether the process is alive, and whether it can give right answers."""

from flask import Response, json
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy.exc import SQLAlchemyError

from api.database.reader import Reader
from api.problems import MISSING, RETRY_AFTER, Problem, problem
from api.services import service
from shared.errors import ConfigurationError
from shared.registry import FAMILIES
from shared.shape import shape

blueprint = Blueprint("health", __name__, description="For whoever keeps the API running.")


class HealthBody(Schema):
    status = fields.String(
        required=True,
        validate=validate.Equal("ok"),
        metadata={"description": "Always `ok`: what is not comes as a problem."},
    )


@blueprint.route("/healthz")
@blueprint.response(200, HealthBody)
def healthz() -> Response:
    """The process answers, whatever its database does."""
    return _fine()


@blueprint.route("/readyz")
@blueprint.response(200, HealthBody)
@blueprint.alt_response(503, response="SERVICE_UNAVAILABLE")
def readyz() -> Response:
    """Every answer is calculated, by this version, no older than promised, and lacks no change."""
    try:
        families = service(Reader).rows("ready")
    except (SQLAlchemyError, ConfigurationError) as error:
        if isinstance(getattr(error, "orig", None), MISSING):
            return problem(Problem.NOT_READY, _OTHER_VERSION, RETRY_AFTER)
        return problem(
            Problem.DATABASE_UNAVAILABLE, "The analytics database can't be read.", RETRY_AFTER
        )
    if any(row.shape != shape() for row in families):
        return problem(Problem.NOT_READY, _OTHER_VERSION, RETRY_AFTER)
    if not all(row.is_proven for row in families):
        return problem(
            Problem.NOT_READY,
            "Changes may have been missed: the mirror is being compared with MentorHub.",
            RETRY_AFTER,
        )
    fresh = {row.family for row in families if not row.stale}
    waiting = ", ".join(name for name in FAMILIES if name not in fresh)
    if waiting:
        return problem(
            Problem.NOT_READY, f"Not calculated, or older than promised: {waiting}.", RETRY_AFTER
        )
    return _fine()


_OTHER_VERSION = (
    "What is in the database was calculated by another version than this API, or not yet: run this "
    "version's `analytics init`, or ask an API of that one."
)


def _fine() -> Response:
    response = Response(json.dumps({"status": "ok"}), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
