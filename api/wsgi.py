"""What the HTTP server imports: `granian --interface wsgi api.wsgi:app`."""

from api.app import create_app
from shared import logs
from shared.settings import load

settings = load()
logs.configure(settings.log_format, settings.log_level)
app = create_app(settings)
