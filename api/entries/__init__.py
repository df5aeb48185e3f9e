"""What people enter and ask for: notes on days, goals, alert rules, rebuilds."""

from api.database.writer import Writer
from api.entries import alerts, goals, notes, rebuilds

__all__ = ["Writer", "alerts", "goals", "notes", "rebuilds"]
