"""Indexes of the entries by whom they are about."""

from workers import kept

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    kept.execute("0007_parts_of_journals")
