"""The addresses of the numbers: the contract's seven, the metrics and their catalogue, links."""

from api.blueprint import blueprint
from api.families import catalogue, contract, links, metrics

__all__ = ["blueprint", "catalogue", "contract", "links", "metrics"]
