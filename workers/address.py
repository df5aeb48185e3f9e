"""MentorHub's address, as our server reaches it: tried, used, and kept out of logs."""

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared.database import Connection, one, options_of, run
from shared.errors import ConfigurationError


def address(source_url: str) -> str:
    """How the analytics server reaches MentorHub's, for replication and for questions."""
    given = conninfo_to_dict(source_url)
    options = options_of(
        source_url,
        # Idle, MentorHub's server says so twice in that time. It hears nothing from us while we
        # apply what lies in the network's buffers: much less, and a bulk import begins again and
        # again (2 s: seen with 200,000 rows).
        wal_sender_timeout="20s",
        # A transaction larger than this, of some 20,000 rows, is sent while it is being made.
        logical_decoding_work_mem="4MB",
    )
    return make_conninfo(
        source_url,
        options=options,
        # what sessions there inherit may be one that theirs can't be turned into
        client_encoding="UTF8",
        connect_timeout=given.get("connect_timeout", 10),
        # a kept connection must notice that MentorHub's machine is gone
        tcp_user_timeout=given.get("tcp_user_timeout", 10_000),
    )


def run_addressed(ours: Connection, statement: str, conninfo: str) -> None:
    """A statement with MentorHub's address for its %L, whose password no log gets to see.

    Raises ConfigurationError where the address leads our server nowhere.
    """
    run(ours, "mirror/discreet")
    run(ours, "mirror/addressed")
    with _sentence_when_away():
        ours.execute("SELECT pg_temp.run_addressed(%s, %s)", [statement, conninfo])


def check_address(ours: Connection, conninfo: str) -> None:
    """Let our server try MentorHub's address before anything is changed.

    Raises ConfigurationError where it leads nowhere.
    """
    with ours.transaction(force_rollback=True):
        ours.execute("CREATE EXTENSION IF NOT EXISTS dblink")
        query = (
            "SELECT nspname FROM pg_extension"
            " INNER JOIN pg_namespace ON pg_namespace.oid = extnamespace"
            " WHERE extname = 'dblink'"
        )
        dblink = sql.Identifier(one(ours, query))
        connect = sql.SQL("SELECT {}.dblink_connect('mentorhub address', %L)").format(dblink)
        run_addressed(ours, connect.as_string(ours), conninfo)
        ours.execute(sql.SQL("SELECT {}.dblink_disconnect('mentorhub address')").format(dblink))


@contextmanager
def _sentence_when_away() -> Generator[None]:
    try:
        yield
    except errors.OperationalError as error:
        if not error.diag.message_primary:
            raise
        reason = f"{error.diag.message_primary} {error.diag.message_detail or ''}"
        raise ConfigurationError(
            "The analytics server can't connect to MentorHub's by SOURCE_DATABASE_URL: "
            f"{' '.join(reason.split()).removesuffix('.')}."
        ) from None
