"""What stored columns mean: the files that make them say it once."""

import re

from shared import sqlfiles
from shared.metrics import EVERY

_COMMENT = re.compile(r"COMMENT ON COLUMN ([\w.]+) IS '((?:[^']|'')*)';")


def of(column: str, *files: str) -> str:
    """The comment on `schema.table.column` in files of sql/; KeyError where they have none."""
    found = dict(pair for file in files for pair in _COMMENT.findall(sqlfiles.read(file)))
    return found[column].replace("''", "'")


def comment_on(column: str) -> str:
    """The comment on `table.column` of schema analytics; KeyError where it has none."""
    table, _, name = column.partition(".")
    if table in EVERY:
        return EVERY[table].columns[name].said.en
    return of(f"analytics.{column}", f"summary/{table}")
