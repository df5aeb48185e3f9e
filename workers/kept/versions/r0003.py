"""The journal of payments."""

from workers import kept

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    kept.execute("0003_journals")
