"""One module a family: what its body holds, and the addresses that answer with it."""

from importlib import import_module

from api.blueprint import blueprint
from shared.registry import FAMILIES

__all__ = ["blueprint"]

for family in FAMILIES:
    import_module(f"api.families.{family}")
