"""What people enter, and nothing calculates: notes on days, goals, alert rules."""

from api.database.writer import Writer
from api.entries import alerts, goals, notes

__all__ = ["Writer", "alerts", "goals", "notes"]
