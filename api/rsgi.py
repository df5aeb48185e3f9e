"""What the HTTP server imports: `granian --interface rsgi api.rsgi:app`."""

import sys

from api.app import create_app
from api.server.adapter import Server
from shared import logs
from shared.errors import ConfigurationError
from shared.settings import load

try:
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    app = Server(create_app(settings), settings)
except ConfigurationError as error:
    sys.exit(str(error))
