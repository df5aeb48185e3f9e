"""Tickets for what a page opens by its address alone: a stream, or a file behind a link."""

from typing import Any, ClassVar

import orjson
from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions, tickets
from api.access.tickets import Place
from api.blueprint import blueprint
from api.fields import count, text
from api.requests import parameters
from api.requests.carried import carried
from api.services import service


class TicketBody(Schema):
    ticket = text("For the parameter `ticket` of the address that it was given for, once.")
    expires_in = count("How long it is good.", "seconds")


@blueprint.route("/stream/ticket")
class StreamTicket(MethodView):
    decorators: ClassVar = [permissions.everyone]

    @blueprint.arguments(parameters.NoParameters, location="query")
    @blueprint.response(200, TicketBody)
    def post(self, _query: dict[str, Any]) -> Response:
        """A ticket for a stream, good once and within seconds: an EventSource sends no token."""
        return _given(Place.everywhere_at(f"{blueprint.url_prefix}/stream"))


@blueprint.route("/download/ticket")
class DownloadTicket(MethodView):
    decorators: ClassVar = [permissions.everyone]

    @blueprint.arguments(parameters.Download, location="query")
    @blueprint.response(200, TicketBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def post(self, query: dict[str, Any]) -> Response:
        """A ticket for this one answer, good once and within seconds: a link sends no token.

        The link is `address` itself with `&ticket=` behind it.
        """
        path, _, asked = query["address"].partition("?")
        place = Place.of(f"{blueprint.url_prefix}/{path}", asked)
        permissions.refuse_without_right(place.path, dict(place.parameters or ()))
        return _given(place)


def _given(place: Place) -> Response:
    ticket = service(tickets.Tickets).give(carried().account.id, place)
    body = {"ticket": ticket, "expires_in": tickets.LIFETIME}
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(body), headers=headers, content_type="application/json")
