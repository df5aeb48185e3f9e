"""A list too long to be held, from the database into a file: as JSON, CSV or XLSX."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any, BinaryIO

from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from api.database.reader import PATIENCE, SERVER_SETTINGS, statement
from api.export import EXPORTS, LongAnswer
from shared.engine import engine
from shared.errors import ServerUnavailableError

AT_ONCE = 1000
"""Rows that are fetched together."""


@dataclass(frozen=True)
class Listing:
    """The answer of `query` to what was asked, whose list is the rows of another query.

    `url`: of the database that both are read from, in one snapshot.
    """

    url: str
    family: str
    query: str
    asked: dict[str, Any]
    rows: str
    parameters: dict[str, Any]
    extension: str = "json"

    def write(self, file: BinaryIO) -> SimpleNamespace:
        """All of it; the row of the query, which says what the rows are of, as one namespace.

        Raises ServerUnavailableError where the database doesn't answer.
        """
        reading = engine(
            self.url,
            settings=SERVER_SETTINGS,
            isolation_level="REPEATABLE READ",
            poolclass=NullPool,
            patience=PATIENCE,
        )
        with TemporaryFile() as spool:
            # The snapshot is as short as can be: no workbook is written meanwhile.
            try:
                with reading.connect() as connection:
                    row = connection.execute(statement(f"read/{self.query}"), self.asked)
                    about = SimpleNamespace(**row.mappings().one())
                    streamed = connection.execution_options(
                        stream_results=True, max_row_buffer=AT_ONCE
                    )
                    rows = statement(f"read/{self.rows}")
                    lines = streamed.execute(rows, self.parameters).scalars()
                    if self.extension == "json":
                        _write_json(file, self.family, lines)
                    else:
                        spool.writelines(f"{line}\n".encode() for line in lines)
            except DBAPIError as error:
                raise ServerUnavailableError(str(error.orig)) from None
            if self.extension != "json":
                spool.seek(0)
                answer = LongAnswer(self.family, b"{}", about.as_of, about.today, lines=spool)
                file.writelines(EXPORTS[self.extension].chunks(answer))
        return about


def _write_json(file: BinaryIO, family: str, lines: Iterable[str]) -> None:
    """As PostgreSQL writes an object that holds nothing but the list."""
    file.write(f'{{"{family}":['.encode())
    file.writelines(_parted(lines))
    file.write(b"]}")


def _parted(lines: Iterable[str]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield f",{line}".encode() if number else line.encode()
