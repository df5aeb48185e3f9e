"""What readers find in the database, as this version knows it: whether an API can read numbers."""

import hashlib
from functools import cache

from shared import sqlfiles
from shared.metrics import EVERY, Metric


@cache
def shape() -> str:
    """The same in two versions where either's API reads what the other one has calculated."""
    shapes = "\n".join(_columns(metric) for metric in EVERY.values())
    return hashlib.sha256(f"{shapes}\n{sqlfiles.read('install/read_models')}".encode()).hexdigest()


def _columns(metric: Metric) -> str:
    keys = [f"{name} {key.stored}" for name, key in metric.keys.items()]
    return f"{metric.name} {keys} {[*metric.counted, *metric.expressions]} {metric.arguments}"
