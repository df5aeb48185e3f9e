from tests.metrics import Counted, grouped, message_time
from tests.support.oracle import Oracle

HOUR = 3_600_000_000
BUCKETS = {1: "0-1", 4: "1-4", 8: "4-8", 24: "8-24"}


def expected(oracle: Oracle) -> Counted:
    written: dict[str, list[tuple[int, int, object]]] = {}
    for pair, way, moment, day in message_time.expected(oracle):
        written.setdefault(pair, []).append((moment, way, day))
    answered = []
    for (begin, asker, day), *rest in map(sorted, written.values()):
        answers = [moment for moment, way, _ in rest if way != asker]
        if answers:
            answered.append(((day, _bucket(answers[0] - begin)), (1,)))
    return grouped(answered, 1)


def _bucket(waited: int) -> str:
    return next((name for hours, name in BUCKETS.items() if waited < hours * HOUR), "over 24")
