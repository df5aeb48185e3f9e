"""Who read whose engagement: one line in the log `audit` for each time, without names."""

import logging
from collections.abc import Callable
from functools import wraps

import structlog
from flask import Response

from api.requests.carried import carried

# Of a class that lets every level through: LOG_LEVEL doesn't silence it.
log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
    None, wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET)
)


def reads_of_others(view: Callable[..., Response]) -> Callable[..., Response]:
    """Around a view of the path's user. A 304 is a read too: the reader has the body."""

    @wraps(view)
    def logged(**path: int) -> Response:
        response = view(**path)
        if carried().account.id != path["user_id"]:
            write(carried().account.id, path["user_id"], response.status_code)
        return response

    return logged


def write(reader: int, whose: int, status: int) -> None:
    """One line."""
    log.info("Audit: engagement read", logger="audit", reader=reader, whose=whose, status=status)
