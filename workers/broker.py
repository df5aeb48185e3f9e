"""What all who speak to Celery's Redis must have in common."""

from typing import TYPE_CHECKING, Any, cast

from workers.tally import tally

if TYPE_CHECKING:
    from celery import Celery

KEY_PREFIX = "mentorhub_analytics:"
"""Before every key: MentorHub's own Celery, or another analytics, may use the same Redis."""

LONGEST_QUEUE = 100
"""So many wake-ups are enough, for whoever comes back to take them."""


def has_room(app: "Celery") -> bool:
    """Whether one more wake-up makes sense; a message's age says nothing, as clocks differ.

    Raises kombu's OperationalError where Redis doesn't answer.
    """
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - see ops/servers.py

    with cast("Any", app.pool).acquire(block=True) as connection:
        connection.ensure_connection(max_retries=0)
        try:
            queue = connection.default_channel.queue_declare(queue=app.conf.task_default_queue)
        except connection.connection_errors as error:
            raise OperationalError(str(error)) from error
    tally.measure("queue_length", queue.message_count)
    return queue.message_count < LONGEST_QUEUE
