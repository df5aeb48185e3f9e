"""Where the families' addresses begin."""

from typing import Any

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

blueprint = Blueprint(
    "analytics", __name__, url_prefix="/api/v1/analytics", description="The numbers."
)


class _Parser(FlaskParser):
    def load_json(self, req: Request, schema: Schema) -> Any:
        """400 also for what is JSON, and too much for Python: a number of thousands of digits."""
        try:
            return super().load_json(req, schema)
        except ValueError:
            raise BadRequest("A number in the body has too many digits.") from None


# None: what a schema says of unknown parameters holds; webargs would drop them from a query.
blueprint.ARGUMENTS_PARSER = _Parser(unknown=None)
