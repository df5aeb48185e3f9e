"""SQL is kept in `sql/`, one object or one query a file, and executed as it stands there.

What is the same for each metric or table is a template, with the names of one filled in.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

ROOT = Path(__file__).resolve().parent.parent / "sql"


@cache
def read(name: str) -> str:
    """The text of `sql/NAME.sql`; `name` may hold folders: `read/platform`."""
    return (ROOT / f"{name}.sql").read_text()


def render(name: str, **filled: object) -> str:
    """The template `sql/NAME.sql` with its holes filled: by names of ours, never a client's."""
    return _template(name).render(filled)


@cache
def _template(name: str) -> Template:
    templates = Environment(
        loader=FileSystemLoader(ROOT),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - SQL is no HTML
    )
    templates.filters["literal"] = _literal
    return templates.get_template(f"{name}.sql")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
