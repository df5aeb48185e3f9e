"""SQL is kept in `sql/`, one object or one query a file, and executed as it stands there."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "sql"


@cache
def read(name: str) -> str:
    """The text of `sql/NAME.sql`; `name` may hold folders: `read/platform`."""
    return (ROOT / f"{name}.sql").read_text()
