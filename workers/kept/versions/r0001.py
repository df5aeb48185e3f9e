"""Notes, goals, and who wrote them."""

from workers import kept

revision = "0001"
down_revision = None


def upgrade() -> None:
    kept.execute("0001_notes_and_goals")
