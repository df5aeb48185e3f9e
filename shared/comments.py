"""What stored columns mean: the files that make them say it once."""

import re

from shared import sqlfiles
from shared.metrics import METRICS

_COMMENT = re.compile(r"COMMENT ON COLUMN analytics\.(\w+\.\w+) IS '((?:[^']|'')*)';")


def comment_on(column: str) -> str:
    """The comment on `table.column` of schema analytics; KeyError where it has none."""
    table, _, name = column.partition(".")
    if table in METRICS:
        return METRICS[table].columns[name].said.en
    comments = dict(_COMMENT.findall(sqlfiles.read(f"summary/{table}")))
    return comments[column].replace("''", "'")
