"""Who took note of alerts that fired."""

from workers import kept

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    kept.execute("0006_acknowledged")
