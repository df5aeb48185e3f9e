"""An answer as a file: the very JSON body, parsed and written down as CSV or XLSX."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.export import as_csv, as_xlsx
from api.export.answer import Answer, LongAnswer

__all__ = ["CSV", "EXPORTS", "XLSX", "Answer", "Export", "LongAnswer"]


@dataclass(frozen=True)
class Export:
    """One way to write an answer down.

    `chunks` makes the file while it is sent, and leaves nothing behind wherever that ends.
    `says_when`: the file itself tells its as-of, so it is another one when only that has moved.
    """

    extension: str
    content_type: str
    chunks: Callable[[Answer], Iterator[bytes]]
    says_when: bool

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0]

    def tag(self, answer: Answer) -> str:
        """What the entity tag of the JSON is to be lengthened by: equal tags, equal bytes."""
        return f"/{self.extension}" + (f"/{answer.minute:%Y-%m-%dT%H:%M}" if self.says_when else "")

    def headers(self, answer: Answer) -> dict[str, str]:
        """What the file is, and a name for it, which is ASCII always."""
        name = f"{answer.title}.{self.extension}"
        return {
            "Content-Type": self.content_type,
            "Content-Disposition": f"attachment; filename={name}",
        }


CSV = Export("csv", "text/csv; charset=utf-8; header=present", as_csv.chunks, says_when=False)

XLSX = Export(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    as_xlsx.chunks,
    says_when=True,
)

EXPORTS = {export.extension: export for export in (CSV, XLSX)}
