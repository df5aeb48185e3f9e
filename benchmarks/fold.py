"""What changes cost: by size and age of the platform, by owners, and by how many come at once."""

from collections.abc import Iterator
from itertools import product

from benchmarks.measuring import Result, empty, filled, result, seconds
from shared.database import Connection, connect, run
from shared.settings import Settings
from workers.fold import fold, worker_connection
from workers.rebuild import rebuild

SMALL, LARGE = 100_000, 10_000_000
ROUNDS = 15
BURSTS = (100, 1_000, 10_000, 100_000)
DEEDS = ("insert", "move", "delete")


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
    yield from measure_bursts()
    yield from measure_backlog()


def measure_backlog(sessions: int = 1_000_000) -> Iterator[Result]:
    """All at once on an empty installation, with plans of empty tables; their users are there."""
    users = sessions // 5
    with empty() as young, worker_connection(young) as aged:
        for mirrored in COUNTED:
            _burst(young, aged, mirrored, 1, is_skewed=True)
        with connect(young.analytics_url()) as connection:
            run(connection, "benchmark/burst")
            connection.execute("SELECT pg_temp.burst('users', 'insert', %s, false)", [users])
            fold(aged)
            run(connection, "benchmark/backlog", {"users": users, "sessions": sessions})
        cost = seconds(lambda: fold(aged))
    yield result(f"fold of {sessions:,} sessions at once, young", cost, "s", 15)


def measure_bursts() -> Iterator[Result]:
    """Each table's rows inserted, moved and deleted at once; young: with plans of an empty one."""
    with empty() as young, filled(SMALL) as old:
        ages = {"young": young, "old": old}
        with worker_connection(young) as aged, worker_connection(old) as fresh:
            workers = {"young": aged, "old": fresh}
            for mirrored in COUNTED:
                _burst(young, aged, mirrored, 1, is_skewed=True)
            for changes in BURSTS:
                cells = {
                    (age, is_skewed): [
                        cost
                        for mirrored in COUNTED
                        for cost in _burst(
                            ages[age], workers[age], mirrored, changes, is_skewed=is_skewed
                        )
                    ]
                    for age, is_skewed in product(ages, (False, True))
                }
                yield from _column(changes, cells)


def _column(changes: int, cells: dict[tuple[str, bool], list[float]]) -> Iterator[Result]:
    for (age, is_skewed), costs in cells.items():
        owners = "one owner" if is_skewed else "many owners"
        name = f"fold of {changes:,} changes of one table, {age}, {owners}, the dearest"
        yield result(name, max(costs), "s", 1 if changes == LIMITED else None)
    means = [sum(costs) for costs in cells.values()]
    yield result(
        f"{changes:,} changes, dearest / cheapest of these", max(means) / min(means), "x", 3
    )


COUNTED = ("users", "courses", "sessions", "course_enrollments", "progress", "reviews", "payments")
"""The tables that the first seven answers are counted from."""

LIMITED = 10_000
"""No fold of so many changes may take longer than a second."""


def _burst(
    settings: Settings, worker: Connection, mirrored: str, changes: int, *, is_skewed: bool
) -> list[float]:
    """Seconds of a fold for each deed."""
    costs: list[float] = []
    with connect(settings.analytics_url()) as connection:
        run(connection, "benchmark/burst")
        for deed in DEEDS:
            connection.execute(
                "SELECT pg_temp.burst(%s, %s, %s, %s)", [mirrored, deed, changes, is_skewed]
            )
            costs.append(seconds(lambda: fold(worker)))
    return costs


def _fold(settings: Settings, worker: Connection) -> float:
    with connect(settings.analytics_url()) as connection:
        run(connection, "benchmark/changes")
    return seconds(lambda: fold(worker))
