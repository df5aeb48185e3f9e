"""SQL is kept in `sql/`, one object or one query a file, and executed as it stands there.

What is the same for each metric or table is a template, with the names of one filled in.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

ROOT = Path(__file__).resolve().parent.parent / "sql"


@cache
def read(name: str) -> str:
    """The text of `sql/NAME.sql`; `name` may hold folders: `read/platform`."""
    return (ROOT / f"{name}.sql").read_text()


@cache
def names(folder: str) -> tuple[str, ...]:
    """Of the files in a folder of `sql`, in order."""
    return tuple(sorted(path.stem for path in (ROOT / folder).glob("*.sql")))


def render(name: str, **filled: object) -> str:
    """The template `sql/NAME.sql` with its holes filled: by names of ours, never a client's."""
    return _template(name).render(filled)


@cache
def _template(name: str) -> "Template":
    # only who installs needs it, and importing it takes a tenth of a second
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    templates = Environment(
        loader=FileSystemLoader(ROOT),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - SQL is no HTML
        finalize=_quoted,
    )
    templates.filters["each"] = _each
    templates.filters["literal"] = _literal
    templates.filters["listed"] = _listed
    return templates.get_template(f"{name}.sql")


_WORDS = (
    "all analyse analyze and any array as asc asymmetric both case cast check collate column"
    " constraint create current_catalog current_date current_role current_time current_timestamp"
    " current_user default deferrable desc distinct do else end except false fetch for foreign from"
    " grant group having in initially intersect into lateral leading limit localtime localtimestamp"
    " not null offset on only or order placing primary references returning select session_user"
    " some symmetric system_user table then to trailing true union unique user using variadic when"
    " where window with"
)

_RESERVED = frozenset(_WORDS.split())
"""PostgreSQL's words that are names only in quotes; `returning` and `end` are measures' names."""


def _quoted(name: object) -> object:
    return f'"{name}"' if name in _RESERVED else name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(str(_quoted(name)) for name in names)


def _each(names: Iterable[str], template: str = "?", joint: str = ",\n") -> str:
    """The template with each name in place of `?`, a line each."""
    return joint.join(template.replace("?", str(_quoted(name))) for name in names)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
