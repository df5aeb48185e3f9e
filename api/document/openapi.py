"""The OpenAPI document: flask-smorest reads the views, here is what is true of all of them."""

from collections.abc import Iterable
from http import HTTPStatus
from itertools import groupby
from json import loads
from pathlib import Path
from typing import Any, cast

from apispec import APISpec, BasePlugin
from flask import Flask

from api.access import permissions
from api.blueprint import blueprint as analytics
from api.export import EXPORTS
from api.families import metrics
from api.problems import MEDIA_TYPE, Problem, ProblemApi, ProblemSchema
from api.services import services

EXAMPLES = Path(__file__).parent / "examples"
"""A file for each schema of a body, named as the schema."""

OPTIONS: dict[str, Any] = {
    "info": {
        "description": (
            "MentorHub's numbers, calculated ahead. Every answer says as of when it is right; "
            "every error is one of the [catalogue](/problems). HEAD gives the headers of GET."
        ),
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/"}],
    "security": [{"token": []}],
}

TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of MentorHub.",
}


TICKET = {
    "type": "apiKey",
    "in": "query",
    "name": "ticket",
    "description": "Where no token can be sent: from `download/ticket` or `stream/ticket`.",
}

REQUEST_HEADERS = {
    "If-None-Match": "An `ETag` that the client has: while it holds, 304 comes without a body.",
    "Last-Event-ID": "The `id` of the last event that the client had: it hears what changed since.",
}


def _header(description: str, unit: str | None = None, **schema: object) -> dict[str, object]:
    described = {"type": "string"} | schema | ({"x-unit": unit} if unit else {})
    return {"description": description, "required": True, "schema": described}


HEADERS = {
    "ETag": _header("The name of these very bytes, for If-None-Match.", pattern='^"[!#-~]+"$'),
    "Cache-Control": _header(
        "Who may keep the answer, and whether to ask before it is shown again."
    ),
    "X-Analytics-Max-Staleness": _header(
        "How far the numbers may lag behind MentorHub, whatever happens.",
        "seconds",
        pattern="^[0-9]+$",
    ),
    "Last-Modified": _header("When the numbers last changed, to the second (RFC 9110)."),
    "Vary": _header("The request's headers that the answer depends on."),
    "X-Analytics-As-Of": _header(
        "Every change that MentorHub committed up to then is counted. RFC 3339, milliseconds.",
        format="date-time",
    ),
    "X-Analytics-Pending": _header(
        "Changes that are known and not counted yet: an insert or delete is one, an update two;"
        " of each table 1,000 are looked at.",
        "count",
        pattern="^[0-9]+$",
    ),
    "X-Analytics-Unusable": _header(
        "Rows set aside, that the answer lacks: a value in them can't be counted. "
        "Absent where there are none.",
        "count",
        pattern="^[1-9][0-9]*$",
    )
    | {"required": False},
    "X-Analytics-Window": _header(
        "First and last day of what is counted, and the reporting time zone.",
        pattern=r"^\d{4}-\d\d-\d\d(T\S+)?/\d{4}-\d\d-\d\d(T\S+)? \S+$",
        examples=["2025-11-05/2025-12-04 UTC"],
    ),
    "X-Analytics-Currencies": _header(
        "ISO 4217 codes of the currencies that hold amounts.", pattern="^([A-Z]{3}(, [A-Z]{3})*)?$"
    ),
    "X-Analytics-Currency": _header("ISO 4217 code of what amounts are in.", pattern="^[A-Z]{3}$"),
    "X-Analytics-Since": _header(
        "Since when it is remembered when MentorHub's rows changed; of earlier days the answer has "
        "what the rows said then. Absent where nothing is remembered for it.",
        format="date-time",
    )
    | {"required": False},
    "Content-Disposition": _header("The name of a file; JSON has none.") | {"required": False},
    "Link": _header(
        "The first and the next page, relative to this address (RFC 8288).",
        examples=['<?limit=100>; rel="first", <?limit=100&cursor=Y291>; rel="next"'],
    )
    | {"required": False},
    "Retry-After": _header("How long to wait.", "seconds", pattern="^[0-9]+$"),
    "X-Accel-Buffering": _header("Asks nginx to pass events on at once.", const="no"),
    "WWW-Authenticate": _header("How to identify oneself.", const="Bearer"),
}

STATE = (
    "ETag",
    "Cache-Control",
    "Vary",
    "X-Analytics-As-Of",
    "X-Analytics-Unusable",
    "X-Analytics-Pending",
    "X-Analytics-Max-Staleness",
)
"""The headers of every answer, also where its body is known."""

HEADERS_OF_PARAMETERS = {
    "days": ("X-Analytics-Window",),
    "currency": ("X-Analytics-Currency", "X-Analytics-Currencies"),
    "limit": ("Link",),
    "by": ("X-Analytics-Since",),
}

HEADERS_OF_PROBLEMS = {
    401: ("Cache-Control", "WWW-Authenticate"),
    429: ("Cache-Control", "Retry-After"),
    503: ("Cache-Control", "Retry-After"),
}

BEHIND_A_TOKEN = (401, 403, 406, 422, 429, 503)
"""The problems that every address behind a token can give."""

EVERYWHERE = (400, 414, 431, 500)
"""Those that every address can give."""


class Contract(BasePlugin):
    """Adds to addresses and bodies what no view has to say."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._views = app.view_functions

    def schema_helper(self, name: str, definition: dict[str, Any], **_: object) -> dict[str, Any]:
        """Give a body the example of its name."""
        path = EXAMPLES / f"{name}.json"
        example = loads(path.read_text()) if path.exists() else metrics.EXAMPLES.get(name)
        return definition | {"examples": [example]} if example else definition

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **context: Any
    ) -> None:
        """Complete the operations of an address."""
        for method, operation in (operations or {}).items():
            endpoint = context["rule"].endpoint
            name = endpoint.partition(".")[2]
            # where an address has several, each is one
            operation["operationId"] = name if len(operations or {}) == 1 else f"{method}{name}"
            for status in EVERYWHERE:
                operation["responses"][status] = HTTPStatus(status).name
            if str(path).startswith(str(analytics.url_prefix)):
                said = [_who_may_read(self._views[endpoint]), operation.get("description", "")]
                operation["description"] = "\n\n".join(filter(None, said))
                _add_refusals(operation)
                if "requestBody" in operation:
                    operation["responses"][413] = HTTPStatus(413).name
                _complete_parameters(operation)
                is_entry = _permission(self._views[endpoint]) is permissions.editor
                if method == "get" and not is_entry:
                    operation["security"] = [{"token": []}, {"ticket": []}]
                if not _is_json(operation):
                    _describe_stream(operation)
                elif method == "get" and not is_entry and _is_stored(self._views[endpoint]):
                    _add_caching(operation)
            else:
                operation["security"] = []
            _add_headers(operation["responses"][200], "Cache-Control")
            operation["responses"] = dict(sorted(operation["responses"].items()))


def documented(app: Flask) -> ProblemApi:
    """The API of the app; it describes the blueprints that are registered with it."""
    api = ProblemApi(app, spec_kwargs=OPTIONS | {"extra_plugins": [Contract(app)]})
    _describe_components(services(app).add(cast("APISpec", api.spec)))
    return api


def _describe_components(spec: APISpec) -> None:
    spec.components.schemas.pop("PaginationMetadata")  # of a feature of flask-smorest's
    spec.components.security_scheme("token", TOKEN)
    spec.components.security_scheme("ticket", TICKET)
    for name, description in REQUEST_HEADERS.items():
        described = {"description": description, "schema": {"type": "string"}}
        spec.components.parameter(name, "header", described)
    for name, header in HEADERS.items():
        spec.components.header(name, header)
    for status, kinds in groupby(Problem, lambda kind: kind.value.status):
        name = HTTPStatus(status).name
        spec.components.response(name, _refusal(status, list(kinds)), lazy=True)


def _refusal(status: int, kinds: list[Problem]) -> dict[str, Any]:
    return {
        "description": "\n".join(f"- {kind.value.title}: {kind.value.when}" for kind in kinds),
        "headers": _references(HEADERS_OF_PROBLEMS.get(status, ("Cache-Control",))),
        "content": {
            MEDIA_TYPE: {
                "schema": ProblemSchema,
                "examples": {kind.slug: {"value": kind.body(kind.value.when)} for kind in kinds},
            }
        },
    }


def _who_may_read(view: Any) -> str:
    return _permission(view).__doc__


def _permission(view: Any) -> Any:
    permission, *_ = view.view_class.decorators
    return permission


def _is_stored(view: Any) -> bool:
    """Whether it is an answer; others say how those are."""
    return getattr(view.view_class, "is_stored", True)


def _is_json(operation: dict[str, Any]) -> bool:
    return "application/json" in operation["responses"][200]["content"]


def _add_refusals(operation: dict[str, Any]) -> None:
    for status in BEHIND_A_TOKEN:
        operation["responses"][status] = HTTPStatus(status).name


def _complete_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        # None is for us what is not given; nobody can send it.
        if parameter["schema"].get("default", ...) is None:
            del parameter["schema"]["default"]


def _describe_stream(operation: dict[str, Any]) -> None:
    del operation["responses"][406]  # it comes whatever is accepted
    operation["parameters"].append("Last-Event-ID")


def _add_caching(operation: dict[str, Any]) -> None:
    given = [parameter["name"] for parameter in operation["parameters"]]
    more = [header for name in given for header in HEADERS_OF_PARAMETERS.get(name, ())]
    operation["parameters"].append("If-None-Match")
    file = ("Last-Modified", "Content-Disposition")
    _add_headers(operation["responses"][200], *STATE, *file, *more)
    operation["responses"][200]["content"] |= {each.media_type: {} for each in EXPORTS.values()}
    operation["responses"][304] = {
        "description": "You have this state already.",
        "headers": _references([*STATE, *more]),
    }


def _add_headers(response: dict[str, Any], *names: str) -> None:
    response["headers"] = response.get("headers", {}) | _references(names)


def _references(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}
