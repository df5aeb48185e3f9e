"""One module a family: what its body holds, and its addresses. And links to them."""

from importlib import import_module

from api.blueprint import blueprint
from shared.registry import CONTRACT

__all__ = ["blueprint"]

for name in (*CONTRACT, "catalogue", "metrics", "links"):
    import_module(f"api.families.{name}")
