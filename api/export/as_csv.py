"""Comma-separated values (RFC 4180) that a spreadsheet may open and pandas can read."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from api.export.answer import FACT, Answer, Cell

CHUNK = 64 * 1024

FORMULA = re.compile(
    # After `;` or a line's end too: where Excel takes `;` to part cells (as it does in Russian),
    # no quotation mark keeps them in their cell.
    r"(^|[;\t\r\n\v\f])"
    # what a spreadsheet may skip: blanks, controls, marks without a width
    r"(?=[\s\x00-\x1f\x7f\u200b-\u200f\u2060\ufeff]*"
    # full-width and small forms as well; and a beginning that is a tab or a line's end itself
    r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]|^[\t\r\n])"
)


def chunks(answer: Answer) -> Iterator[bytes]:
    """The answer's only table, or a metric's rows, or its tables as `section,name,value`.

    With a byte order mark.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in _rows(answer):
        writer.writerow([harmless(cell) for cell in row])
        if buffer.tell() > CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def harmless(cell: Cell) -> Cell:
    """Text with an apostrophe wherever a spreadsheet might take the rest for a formula."""
    return FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell


def _rows(answer: Answer) -> Iterator[Iterable[Cell]]:
    first, *others = answer.tables()
    if not others or answer.is_tidy:
        yield first.columns
        yield from first.rows
        return
    yield FACT
    for table in (first, *others):
        yield from table.facts()
