"""Triggers that fire in every session."""

from workers import kept

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    kept.execute("0004_always")
