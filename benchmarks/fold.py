"""What 1,000 changes cost, in a small platform and in one a hundred times as large."""

from collections.abc import Iterator

from benchmarks.measuring import Result, filled, result, seconds
from shared import sqlfiles
from shared.database import Connection, connect
from shared.settings import Settings
from workers.fold import fold, worker_connection
from workers.rebuild import rebuild

SMALL, LARGE = 100_000, 10_000_000
ROUNDS = 15


def measure(large: int = LARGE) -> Iterator[Result]:
    """Both platforms in one server, folded in turn; `large`: sessions of the larger one."""
    with filled(SMALL) as small, filled(large) as big:
        with worker_connection(small) as one, worker_connection(big) as other:
            pairs = [(_fold(small, one), _fold(big, other)) for _ in range(ROUNDS + 2)][2:]
        whole = seconds(lambda: rebuild(big))
    cost, large_cost = (sorted(each)[ROUNDS // 2] for each in zip(*pairs, strict=True))
    ratio = sorted(after / before for before, after in pairs)[ROUNDS // 2]
    yield result(f"fold of 1,000 changes, {SMALL:,} sessions, median", 1000 * cost, "ms")
    yield result(f"fold of 1,000 changes, {large:,} sessions, median", 1000 * large_cost, "ms")
    yield result("the second / the first, median of pairs", ratio, "x", 1.3)
    yield result(f"rebuild of everything, {large:,} sessions", whole, "s")
    yield result("fold / rebuild", large_cost / whole, "x", 1 / 300)


def _fold(settings: Settings, worker: Connection) -> float:
    with connect(settings.analytics_url()) as connection:
        connection.execute(sqlfiles.read("benchmark/changes").encode())
    return seconds(lambda: fold(worker))
