"""What the HTTP server imports: `granian --interface rsgi api.rsgi:app`."""

import sys

from api.app import create_app
from api.server.adapter import Server
from api.server.traces import trace
from shared import logs
from shared.errors import ConfigurationError
from shared.settings import load

try:
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    flask = create_app(settings)
    trace(flask, settings)
    app = Server(flask, settings)
except ConfigurationError as error:
    sys.exit(str(error))
