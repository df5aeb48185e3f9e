"""The schema `kept`: what people enter, and what MentorHub overwrites. Nothing can calculate it.

Alembic migrates it, and it alone: a revision is a thin file in `versions` that executes one of
sql/kept. There is no way back, which would drop what somebody wrote.
"""

from pathlib import Path
from typing import Any, cast

from alembic import command, op
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import NullPool

from shared.database import run
from shared.engine import engine
from shared.errors import ConfigurationError
from shared.settings import Settings

NEWEST = "head"

SCHEMA = "kept"

VERSIONS = "revision"
"""The table that says which revision the schema has."""


def migrate(
    settings: Settings, revision: str = NEWEST, bounds: dict[str, str] | None = None
) -> None:
    """Make the schema, or bring it to the revision, in one transaction; rows stay.

    `bounds`: server settings of the session. Raises ConfigurationError for a schema of that name
    that isn't ours, or is of a newer version.
    """
    database = engine(settings.analytics_url(), poolclass=NullPool, settings=bounds)
    with database.begin() as connection:
        _ours(cast("Any", connection.connection.driver_connection))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent))
        try:
            command.upgrade(config, revision)
        except CommandError:
            raise ConfigurationError(
                f"The schema {SCHEMA} was made by a newer version of analytics, whose notes and "
                "goals this one can't read: run that version, or a newer one."
            ) from None


def execute(name: str) -> None:
    """For a revision: execute `sql/kept/NAME.sql`, which may hold many statements."""
    driver: Any = op.get_bind().connection.driver_connection
    run(driver, f"kept/{name}")


def _ours(connection: Any) -> None:
    """Make the schema where it is missing."""
    there, made = run(connection, "kept/there").fetchall()[0]
    if there and not made:
        raise ConfigurationError(
            f"The analytics database has a schema {SCHEMA} that isn't ours: "
            "give analytics a database of its own."
        )
    if not there:
        run(connection, "kept/schema")
