"""What every answer is compared with: an endpoint that checks a token and says nothing."""

from flask import Flask, Response
from flask_jwt_extended import JWTManager, jwt_required

from api.database import freshness
from api.database.reader import Reader
from api.live import stream
from api.server.adapter import Server
from shared.settings import load

_settings = load()
_flask = Flask(__name__, static_folder=None)
_flask.config.update(
    JWT_SECRET_KEY=_settings.signing_key(),
    JWT_DECODE_AUDIENCE=_settings.jwt_audience,
    JWT_DECODE_ISSUER=_settings.jwt_issuer,
)
JWTManager(_flask)
_watch = freshness.Watch(_settings)
_flask.extensions[freshness.EXTENSION] = _watch
_flask.extensions[stream.EXTENSION] = stream.Streams(Reader(_settings), _watch)


@_flask.get("/empty")
@jwt_required()
def empty() -> Response:
    return Response(b"{}", content_type="application/json")


app = Server(_flask, _settings)
