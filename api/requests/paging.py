"""The list of courses in pages: what may be asked for, and where the next one is.

A cursor names the row that a page ended with: the next one begins behind it, whatever came and went
meanwhile.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import ValidationError, fields, validate, validates_schema

from api.requests.carried import carried
from api.requests.parameters import LARGEST, Course, within

ROWS = "courses_rows"
"""The query whose rows are the list, for one that is too long to be held."""

UNASKED: dict[str, Any] = {
    "limit": None,
    "sort": "course_id",
    "order": "asc",
    "search": "",
    "after_number": None,
    "after_name": None,
    "after_course": None,
}
"""What is bound where nothing else is asked for."""

_POSITION = re.compile(
    r"([a-z_]+) ([a-z]+) (-?[0-9]{1,40}(?:\.[0-9]{1,20})?) (-?[0-9]{1,40}) ([^\0]*)", re.DOTALL
)
"""What sql/read/courses_page.sql writes into a cursor."""


@dataclass(frozen=True)
class _Position:
    sort: str
    order: str
    number: str
    course: int
    name: str


class Cursor(fields.String):
    """Opaque to clients."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            text = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        except ValueError:
            text = ""
        found = _POSITION.fullmatch(text)
        if not found:
            raise ValidationError("must be one that a Link of this address holds.")
        sort, order, number, course, name = found.groups()
        return _Position(sort, order, number, _within_bigint(int(course)), name)


def _within_bigint(number: int) -> int:
    return max(min(number, LARGEST), -LARGEST - 1)


class Courses(Course):
    limit = within(1, 1000, "No more courses than that; `Link` names the next page.", "count")
    cursor = Cursor(metadata={"description": "Where a page begins: taken from `Link`."})
    sort = fields.String(
        validate=validate.OneOf(
            (
                "course_id",
                "title",
                "enrollments",
                "avg_progress",
                "completed",
                "completion_rate",
                "avg_rating",
            ),
            error="must be one of {choices}.",
        ),
        metadata={"description": "By what; `course_id` by default, and among equals."},
    )
    order = fields.String(
        validate=validate.OneOf(("asc", "desc"), error="must be asc or desc."),
        metadata={"description": "`asc` by default."},
    )
    search = fields.String(
        validate=validate.Regexp(
            r"[^\0]{0,100}\Z", error="must be at most 100 characters, and none of them NUL."
        ),
        metadata={"description": "Only courses whose title holds this, in capitals or not."},
    )

    @validates_schema
    def one_or_many(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what would be left out of account."""
        given = sorted(data.keys() & _OF_PAGES)
        if "course_id" in data and given:
            raise ValidationError("says nothing about one course: leave out course_id.", given[0])
        position: _Position | None = data.get("cursor")
        asked = data.get("sort", "course_id"), data.get("order", "asc")
        if position and (position.sort, position.order) != asked:
            raise ValidationError("belongs to another sort or order.", "cursor")


_OF_PAGES = Courses().fields.keys() - Course().fields.keys()


def asks_for_a_page(query: dict[str, Any]) -> bool:
    """Whether anything but the complete list in its natural order is wanted."""
    return bool(query.keys() & _OF_PAGES)


def bound(query: dict[str, Any]) -> dict[str, Any]:
    """The query as sql/read/courses_page.sql takes it."""
    whole = UNASKED | query
    position: _Position | None = whole.pop("cursor", None)
    if position:
        whole["after_number"] = position.number
        whole["after_name"] = position.name
        whole["after_course"] = position.course
    return whole


def linked(view: Callable[..., Response]) -> Callable[..., Response]:
    """Name the first and the next page in a `Link` header (RFC 8288).

    The addresses are relative, so that they hold behind every proxy.
    """

    @wraps(view)
    def with_links(**path: int) -> Response:
        response = view(**path)
        cursor = carried().next_cursor
        if cursor is not None and "limit" in request.args:
            response.headers["Link"] = _links(cursor)
        return response

    return with_links


def _links(cursor: str) -> str:
    kept = {name: value for name, value in request.args.items() if name != "cursor"}
    first = f'<?{urlencode(kept)}>; rel="first"'
    return (
        first if not cursor else f'{first}, <?{urlencode(kept | {"cursor": cursor})}>; rel="next"'
    )
