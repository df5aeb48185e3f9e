"""An answer that is at hand, written down as a file."""

from dataclasses import dataclass
from typing import BinaryIO

from api.export import EXPORTS, Answer


@dataclass(frozen=True)
class Rendering:
    """`extension` says how."""

    extension: str
    answer: Answer

    def write(self, file: BinaryIO) -> None:
        """All of it."""
        file.writelines(EXPORTS[self.extension].chunks(self.answer))
