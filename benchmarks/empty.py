"""What every answer is compared with: an endpoint that checks a token and says nothing."""

from flask import Flask, Response
from flask_jwt_extended import JWTManager, jwt_required

from api.access.tokens import Tokens
from api.answers.cache import Cache
from api.database.freshness import Watch
from api.database.reader import Reader
from api.export.processes import Lanes
from api.live.stream import Streams
from api.server.adapter import Server
from api.server.prometheus import Prometheus
from api.services import services
from shared.settings import load

_settings = load()
_flask = Flask(__name__, static_folder=None)
_flask.config.update(
    JWT_SECRET_KEY=_settings.signing_key(),
    JWT_DECODE_AUDIENCE=_settings.jwt_audience,
    JWT_DECODE_ISSUER=_settings.jwt_issuer,
)
_its = services(_flask)
_its.add(Lanes(_settings))
_its.add(Tokens(_flask, _settings))
_watch = _its.add(Watch(_settings))
_its.add(Streams(_its.add(Reader(_settings)), _watch))
_its.add(Cache(_settings, _watch))
_its.add(Prometheus(_flask))
JWTManager(_flask)


@_flask.get("/empty")
@jwt_required()
def empty() -> Response:
    return Response(b"{}", content_type="application/json")


app = Server(_flask, _settings)
