"""What people enter: notes on days, goals. Nothing calculates it; see schema `kept`."""

from api.database.writer import Writer
from api.entries import goals, notes

__all__ = ["Writer", "goals", "notes"]
