"""MentorHub's database for those who have none: its tables, and two years of likely rows."""

from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared import sqlfiles
from shared.database import Connection, connect, one, run
from shared.errors import ConfigurationError

FEWEST_USERS = 20
"""The founders, on whom the awkward rows lie: sql/mentorhub/demo/people.sql."""

SEED = 1
"""Of the rows that `analytics up --demo` makes."""

_TABLES = (
    "users",
    "mentors",
    "courses",
    "lessons",
    "sessions",
    "course_enrollments",
    "progress",
    "reviews",
    "payments",
    "subscriptions",
    "messages",
)
_STEPS = (
    "indexes_off",
    "calendar",
    "people",
    *_TABLES,
    "indexes_on",
    "awkward",
    "sequences",
)


def create_tables(source_url: str) -> None:
    """Create MentorHub's tables in an empty database; where `users` exists, nothing happens."""
    with connect(source_url) as connection, connection.transaction():
        if not one(connection, sqlfiles.read("mentorhub/is_there")):
            run(connection, "mentorhub/tables")


def fill(source_url: str, *, users: int, seed: int, until: datetime | None = None) -> None:
    """Fill MentorHub's tables, creating them where they are missing, in one transaction.

    Rows lie in the two years before `until` (the current minute when None), a few are older.
    The same `users`, `seed` and `until` give the same rows, byte for byte.
    Raises ConfigurationError for a database that holds users already.
    """
    if users < FEWEST_USERS:
        raise ConfigurationError(f"Demo data needs at least {FEWEST_USERS} users, not {users}.")
    create_tables(source_url)
    until = until or datetime.now(UTC).replace(second=0, microsecond=0)
    with connect(source_url) as connection, connection.transaction():
        if one(connection, sqlfiles.read("mentorhub/is_filled")):
            raise ConfigurationError(
                "MentorHub's database holds users already: demo data goes into an empty one only."
            )
        run(
            connection,
            "mentorhub/demo/parameters",
            {"users": users, "seed": seed, "until": until},
        )
        _run_steps(connection)


def someone(source_url: str) -> dict[str, int]:
    """The id of an active `admin`, `student` and `mentor`, the latter two with much to show.

    A role that nobody has is missing.
    """
    with connect(source_url) as connection:
        return dict(run(connection, "mentorhub/someone").fetchall())


def an_admin(analytics_url: str) -> dict[str, int]:
    """The id of an active `admin` of a MentorHub that is mirrored, where there is one."""
    with connect(analytics_url) as connection:
        return dict(run(connection, "mirror/an_admin").fetchall())


def _run_steps(connection: Connection) -> None:
    with _progress() as progress:
        bar = progress.add_task("", total=len(_STEPS))
        for step in _STEPS:
            progress.update(bar, description=step.replace("_", " "))
            run(connection, f"mentorhub/demo/{step}")
            progress.advance(bar)
        progress.update(bar, description="filled")


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("Demo data: {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
