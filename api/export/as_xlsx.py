"""A workbook: a sheet for every table, cells of the right type, charts of what has a course."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from api.export.answer import FACT, Answer, Cell, Table
from shared.metrics import GRAINS, METRICS

CHUNK = 64 * 1024

HEADER = 4
"""The row of a sheet's column names; above it stands what the numbers are of."""

WIDEST = 60

MOST_ROWS = 2**20 - HEADER - 1
"""XlsxWriter would leave out the rest and say nothing."""

DATES = {metric.date for metric in METRICS.values() if metric.date}
DAYS = {"date", "from", "to", *DATES}
MOMENTS = {"last_activity", *GRAINS}
"""Columns that hold times: text that merely looks like one stays text."""

EXCEL_KNOWS = re.compile(r"(19|[2-9]\d)\d\d-")
"""The years that its calendar has: PostgreSQL's begins 4713 BC and has an `infinity`."""

AXIS = {"date_axis": True, "num_format": "yyyy-mm-dd"}

DRAWN = {"date": AXIS, "status": {}} | dict.fromkeys(DATES, AXIS)
"""Of what there is a chart, by a table's first column, and how that looks as its axis."""


def chunks(answer: Answer) -> Iterator[bytes]:
    """The finished workbook piece by piece; its file has no name, so none can stay behind."""
    with TemporaryFile() as file:
        # for what the library writes beside it
        with TemporaryDirectory() as folder:
            _write(answer, Workbook(file, {"constant_memory": True, "tmpdir": folder}))
        file.seek(0)
        yield from iter(partial(file.read, CHUNK), b"")


def _write(answer: Answer, book: Workbook) -> None:
    with book:
        # The same answer is the same file, to the byte: no clock.
        book.set_properties({"title": answer.title, "created": answer.minute})
        styles = Styles(book)
        for table in answer.tables():
            sheet = book.add_worksheet(table.name, Sheet)
            _head(sheet, styles, answer, table)
            last = _fill(sheet, styles, table)
            if last > HEADER and table.columns[0] in DRAWN:
                _draw(book, sheet, table, last)


class Sheet(Worksheet):
    """All its text is text.

    XlsxWriter takes what begins and ends with these tags for runs that it made itself, and would
    write it down as it stands: a title could bring its own cells, formulas included.
    """

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:
        self._xml_inline_string(string, preserve=False, attributes=attributes)


MOST_PLACES = 9
"""Digits behind the point that a cell shows."""


class Styles:
    """How cells of each kind look."""

    def __init__(self, book: Workbook) -> None:
        self.bold = book.add_format({"bold": True})
        # The mark that an apostrophe typed in front leaves: the text stays text when edited.
        self.text = book.add_format({"quote_prefix": True})
        self.numbers = [
            book.add_format({"num_format": f"#,##0.{'0' * places}".rstrip(".")})
            for places in range(MOST_PLACES + 1)
        ]
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"'})

    def of_digits(self, number: Decimal) -> Any:
        """As many behind the point as the number has: those of its currency."""
        return self.numbers[min(-int(number.as_tuple().exponent), MOST_PLACES)]


def _head(sheet: Worksheet, styles: Styles, answer: Answer, table: Table) -> None:
    sheet.write_string(0, 0, f"As of {answer.minute:%Y-%m-%d %H:%M} UTC")
    sheet.write_string(1, 0, f"Window {answer.window}" if answer.window else "All time")
    if answer.currency:
        sheet.write_string(2, 0, f"Amounts in {answer.currency}")
    for column, name in enumerate(table.columns):
        sheet.write_string(HEADER, column, name, styles.bold)
    sheet.freeze_panes(HEADER + 1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _fill(sheet: Worksheet, styles: Styles, table: Table) -> int:
    """Write all rows; where the last one stands."""
    place = HEADER
    widths = [len(name) for name in table.columns]
    for place, row in enumerate(table.rows, HEADER + 1):
        if place > HEADER + MOST_ROWS:
            raise OverflowError("A sheet has no room for all rows: take CSV.")
        kinds = [*table.columns[:-1], row[1]] if table.columns == FACT else table.columns
        for column, (kind, cell) in enumerate(zip(kinds, row, strict=True)):
            _put(sheet, styles, (place, column), str(kind), cell)
            widths[column] = max(widths[column], len(str(cell)))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, WIDEST) + 2)
    return place


def _put(sheet: Worksheet, styles: Styles, place: tuple[int, int], kind: str, cell: Cell) -> None:
    match cell:
        case str() if kind in DAYS | MOMENTS and EXCEL_KNOWS.match(cell):
            _put_time(sheet, styles, place, cell)
        case str():
            sheet.write_string(*place, cell, styles.text)
        case Decimal() | int() if not _is_exact(cell):
            sheet.write_string(*place, str(cell), styles.text)
        case Decimal():
            sheet.write_number(*place, float(cell), styles.of_digits(cell))
        case int():
            sheet.write_number(*place, cell)
        case None:
            pass


def _put_time(sheet: Worksheet, styles: Styles, place: tuple[int, int], text: str) -> None:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        sheet.write_datetime(*place, time, styles.day)
    else:
        # Excel knows no offsets
        sheet.write_datetime(*place, time.astimezone(UTC).replace(tzinfo=None), styles.moment)


def _is_exact(number: Decimal | int) -> bool:
    """Whether it is the same number as a double, in the digits that XlsxWriter writes of one."""
    return Decimal(f"{float(number):.16G}") == number


def _draw(book: Workbook, sheet: Worksheet, table: Table, last: int) -> None:
    first = HEADER + 1
    chart: Any = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "categories": [table.name, first, 0, last, 0],
            "values": [table.name, first, 1, last, 1],
        }
    )
    chart.set_title({"name": table.name.replace("_", " ").capitalize()})
    chart.set_legend({"none": True})
    chart.set_x_axis(DRAWN[table.columns[0]])
    chart.set_size({"width": 720})
    sheet.insert_chart(HEADER, len(table.columns) + 1, chart)
