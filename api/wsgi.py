"""What the HTTP server imports: `granian --interface wsgi api.wsgi:app`."""

import sys

from api.app import create_app
from shared import logs
from shared.errors import ConfigurationError
from shared.settings import load

try:
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    app = create_app(settings)
except ConfigurationError as error:
    sys.exit(str(error))
