"""The read API as a Flask application."""

from flask import Flask
from sqlalchemy.exc import ProgrammingError

from api.access.accounts import Accounts
from api.access.tickets import Tickets
from api.access.tokens import Tokens
from api.answers.cache import Cache
from api.database.freshness import Watch
from api.database.reader import Reader
from api.document import openapi, pages
from api.entries import Writer
from api.export.processes import HelperLostError, Lanes
from api.families import blueprint
from api.live.stream import Streams
from api.problems import (
    DATABASE_ERRORS,
    being_installed,
    database_unavailable,
    export_too_large,
    export_unavailable,
    too_deep,
)
from api.requests.negotiation import LARGEST_BODY
from api.requests.parameters import Id
from api.requests.rate_limits import limit_requests
from api.server import console, dashboard, health, prometheus
from api.server.browsers import shield
from api.services import services
from shared.settings import Settings


def create_app(settings: Settings) -> Flask:
    """An app that serves the analytics database of `settings`; it connects at the first request.

    Raises ConfigurationError where the database's URL or the tokens' key is missing.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(API_TITLE="MentorHub analytics", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.converters["id"] = Id
    app.url_map.merge_slashes = False  # it would send others to another address, in HTML
    its = services(app)
    reader = its.add(Reader(settings))
    its.add(Writer(settings))
    watch = its.add(Watch(settings))
    its.add(Accounts(reader, watch))
    its.add(Streams(reader, watch))
    its.add(Cache(settings, watch))
    its.add(Lanes(settings))
    its.add(Tokens(app, settings))
    its.add(Tickets())
    shield(app, settings)
    limit_requests(app, settings)
    for error in DATABASE_ERRORS:
        app.register_error_handler(error, database_unavailable)
    app.register_error_handler(ProgrammingError, being_installed)
    app.register_error_handler(HelperLostError, export_unavailable)
    app.register_error_handler(OverflowError, export_too_large)
    app.register_error_handler(RecursionError, too_deep)
    api = openapi.documented(app)
    api.register_converter(Id, Id.description)
    for described in (blueprint, health.blueprint, pages.blueprint):
        api.register_blueprint(described)
    app.register_blueprint(pages.pages)
    app.register_blueprint(dashboard.pages)
    app.register_blueprint(console.pages)
    app.register_blueprint(prometheus.pages)
    its.add(prometheus.Prometheus(app))
    return app
