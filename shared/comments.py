"""What stored columns mean: the files that make them say it once."""

import re

from shared import sqlfiles
from shared.metrics import METRICS

_COMMENT = re.compile(r"COMMENT ON COLUMN ([\w.]+) IS '((?:[^']|'')*)';")


def of(file: str, column: str) -> str:
    """The comment on `schema.table.column` in a file of sql/; KeyError where it has none."""
    found = dict(_COMMENT.findall(sqlfiles.read(file)))
    return found[column].replace("''", "'")


def comment_on(column: str) -> str:
    """The comment on `table.column` of schema analytics; KeyError where it has none."""
    table, _, name = column.partition(".")
    if table in METRICS:
        return METRICS[table].columns[name].said.en
    return of(f"summary/{table}", f"analytics.{column}")
