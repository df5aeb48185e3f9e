"""Alert rules, and when they fired."""

from workers import kept

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    kept.execute("0002_alerts")
