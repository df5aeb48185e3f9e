"""What every answer is compared with: an endpoint that checks a token and says nothing."""

from flask import Flask, Response
from flask_jwt_extended import JWTManager, jwt_required

from api import stream, watch
from api.reader import Reader
from api.server import Server
from shared.settings import load

_settings = load()
_flask = Flask(__name__, static_folder=None)
_flask.config.update(
    JWT_SECRET_KEY=_settings.signing_key(),
    JWT_DECODE_AUDIENCE=_settings.jwt_audience,
    JWT_DECODE_ISSUER=_settings.jwt_issuer,
)
JWTManager(_flask)
_watch = watch.Watch(_settings)
_flask.extensions[watch.EXTENSION] = _watch
_flask.extensions[stream.EXTENSION] = stream.Streams(Reader(_settings), _watch)


@_flask.get("/empty")
@jwt_required()
def empty() -> Response:
    return Response(b"{}", content_type="application/json")


app = Server(_flask, _settings)
