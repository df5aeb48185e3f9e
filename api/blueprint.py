"""Where the families' addresses begin."""

from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser

blueprint = Blueprint(
    "analytics", __name__, url_prefix="/api/v1/analytics", description="The numbers."
)
# None: what a schema says of unknown parameters holds; webargs would drop them from a query.
blueprint.ARGUMENTS_PARSER = FlaskParser(unknown=None)
