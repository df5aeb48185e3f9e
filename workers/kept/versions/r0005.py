"""The journal of subscriptions."""

from workers import kept

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    kept.execute("0005_subscriptions")
