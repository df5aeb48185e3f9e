"""Notes on days."""

from datetime import date
from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, validates_schema

from api.access import permissions
from api.blueprint import blueprint
from api.entries.entry import Entry, Written, about, carried_out, line
from api.fields import several
from api.requests.parameters import Day, NoParameters


class NoteEntry(Entry):
    day = Day(required=True, **about("note.day"))
    text = line(2000, required=True, **about("note.text"))


class NoteBody(NoteEntry, Written):
    pass


class NotesBody(Schema):
    notes = several(NoteBody, "The newest 1,000 in the window, by their days.")


def _day(about: str, key: str) -> Day:
    return Day(data_key=key, load_default=None, metadata={"description": about})


class Window(NoParameters):
    first = _day("First day whose notes are wanted; without it from the first one on.", "from")
    last = _day("Last day whose notes are wanted, itself included.", "to")

    @validates_schema
    def in_order(self, data: dict[str, date | None], **_: object) -> None:
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            raise ValidationError("must not be before `from`.", "to")


@blueprint.route("/notes")
class Notes(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.arguments(Window, location="query")
    @blueprint.response(200, NotesBody)
    def get(self, query: dict[str, Any]) -> Response:
        """What happened on the days, as somebody wrote it."""
        return carried_out("notes", **query)

    @blueprint.arguments(NoteEntry)
    @blueprint.response(200, NoteBody)
    def post(self, entry: dict[str, Any]) -> Response:
        """A new note."""
        return carried_out("note_new", **entry)


@blueprint.route("/notes/<id:id>")
class Note(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.arguments(NoteEntry)
    @blueprint.response(200, NoteBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def put(self, entry: dict[str, Any], id: int) -> Response:  # noqa: A002 - as in the address
        """Write the note anew."""
        return carried_out("note_changed", id=id, **entry)

    @blueprint.response(200, NoteBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def delete(self, id: int) -> Response:  # noqa: A002 - as in the address
        """Delete the note; the answer is what it was."""
        return carried_out("note_deleted", id=id)
