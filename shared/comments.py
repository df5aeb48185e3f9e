"""What stored columns mean: the SQL files say it once, in COMMENT ON COLUMN."""

import re

from shared import sqlfiles

_COMMENT = re.compile(r"COMMENT ON COLUMN analytics\.(\w+\.\w+) IS '((?:[^']|'')*)';")


def comment_on(column: str) -> str:
    """The comment on `table.column` of schema analytics; KeyError where it has none."""
    table, _, _ = column.partition(".")
    comments = dict(_COMMENT.findall(sqlfiles.read(f"summary/{table}")))
    return comments[column].replace("''", "'")
