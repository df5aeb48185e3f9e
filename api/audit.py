"""Who read whose engagement: one line in the log `audit` for each time, without names."""

from collections.abc import Callable
from functools import wraps

import structlog
from flask import Response, g

# Of a class that lets every level through: LOG_LEVEL doesn't silence it.
log = structlog.wrap_logger(
    None, wrapper_class=structlog.stdlib.BoundLogger, logger_factory_args=("audit",)
)


def reads_of_others(view: Callable[..., Response]) -> Callable[..., Response]:
    """Around a guarded view of the path's user. A 304 is a read too: the reader has the body."""

    @wraps(view)
    def audited(**path: int) -> Response:
        response = view(**path)
        if g.account.id != path["user_id"]:
            log.info(
                "Audit: engagement read",
                reader=g.account.id,
                whose=path["user_id"],
                status=response.status_code,
            )
        return response

    return audited
