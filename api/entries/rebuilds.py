"""Rebuilds: asked for by admins, made by the workers; what the API does is to write that down."""

from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.access import permissions
from api.blueprint import blueprint
from api.database.writer import Writer
from api.entries.entry import NAME, Entry, carried_out
from api.fields import count, nested, number, several, text
from api.problems import Problem, refuse
from api.requests.carried import carried
from api.requests.parameters import LARGEST, Day
from api.services import service

MOST_METRICS = 100

WHICH = {"in": "path", "name": "run", "description": "The rebuild's `id`."}


def _day(about: str, name: str) -> Day:
    return Day(data_key=name, metadata={"description": about})


def _entity(about: str) -> fields.Integer:
    bounds = validate.Range(1, LARGEST, error="must be an id.")
    return fields.Integer(strict=True, validate=bounds, metadata={"description": about})


class RebuildEntry(Entry):
    metrics = cast(
        "fields.Field[Any]",
        fields.List(
            fields.String(
                validate=validate.Regexp(NAME, error="must be a name."),
                metadata={"pattern": f"^{NAME[:-2]}$"},
            ),
            validate=validate.Length(1, MOST_METRICS, error=f"must have 1 to {MOST_METRICS}."),
            metadata={"description": "Metrics, or answers with all of theirs; else everything."},
        ),
    )
    from_day = _day("Only what is kept by day, from this one on.", "from")
    to_day = _day("The same, up to this day.", "to")
    course = _entity("Only what is kept by course, of this one.")
    user = _entity("The same of a user; with others, of each of them.")
    mentor = _entity("The same of a mentor (`mentors.id`).")

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse days of which none is left."""
        if "from_day" in data and data["from_day"] > data.get("to_day", data["from_day"]):
            raise ValidationError("must not be after `to`.", "from")


class AskedBody(RebuildEntry):
    pass


def _moment(about: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": f"{about}; null before."}
    )


def _sentence(about: str) -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"description": about})


class RebuildBody(Schema):
    id = fields.UUID(required=True, metadata={"description": "Of the rebuild."})
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "running", "paused", "done", "given up", "cancelled"]),
        metadata={"description": "Where it stands."},
    )
    reason = text("Why it is made: request, nightly, settings or install.")
    asked = nested(AskedBody, "What is recalculated; without members everything.")
    asked_by = text("Who asked for it: `user 1` over HTTP, a login at a terminal, `beat` at night.")
    requested_at = fields.AwareDateTime(
        required=True, metadata={"description": "When it was asked for."}
    )
    started_at = _moment("When a worker began")
    finished_at = _moment("When it was over")
    slices = count("Of how many slices it is made.")
    slices_done = count("How many of them are done.")
    share = number("Which share of its cost is done, 0 to 1.", "share")
    rows_read = count("Rows read so far.")
    rows_wrong = count("Rows that were not right; they are put right.")
    seconds = number("How long its slices took together.", "seconds")
    remaining_seconds = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "How long it may take yet; null where that is not known.",
            "x-unit": "seconds",
        },
    )
    cancelled_by = _sentence("Who cancelled it; null where nobody did.")
    error = _sentence("Why it was given up; null where it was not.")


class RebuildsBody(Schema):
    rebuilds = several(RebuildBody, "The last thirty, the newest first.")


def _me() -> str:
    return f"user {carried().account.id}"


def _asked(entry: dict[str, Any]) -> str:
    names = {"from_day": "from", "to_day": "to"}
    return orjson.dumps({names.get(name, name): value for name, value in entry.items()}).decode()


@blueprint.route("/rebuilds")
class Rebuilds(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.response(200, RebuildsBody)
    def get(self) -> Response:
        """What was recalculated lately, and what is."""
        return carried_out("rebuilds")

    @blueprint.arguments(RebuildEntry, required=False)
    @blueprint.response(200, RebuildBody)
    def post(self, entry: dict[str, Any]) -> Response:
        """Recalculate everything, or the metrics, days and ids named, through the workers."""
        me = carried().account.id
        row = service(Writer).row("rebuild_new", me, asked=_asked(entry), asked_by=_me())
        if row is None or row.problem:
            refuse(Problem.INVALID_PARAMETER, row.problem if row else "")
        headers = {"Cache-Control": "no-store"}
        return Response(row.body, headers=headers, content_type="application/json")


@blueprint.route("/rebuilds/<uuid:run>", parameters=[WHICH])
class Rebuild(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.response(200, RebuildBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, run: UUID) -> Response:
        """How far the rebuild is, and what it has cost."""
        return carried_out("rebuild", id=str(run))

    @blueprint.response(200, RebuildBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def delete(self, run: UUID) -> Response:
        """Cancel the rebuild after the slices that are at work; what became of it."""
        return carried_out("rebuild_cancelled", id=str(run), cancelled_by=_me())
