from tests.metrics import Counted, grouped, message_time
from tests.support.oracle import Oracle

HOUR = 3_600_000_000


def expected(oracle: Oracle) -> Counted:
    written: dict[str, list[tuple[int, int, object]]] = {}
    for pair, way, moment, day in message_time.expected(oracle):
        written.setdefault(pair, []).append((moment, way, day))
    answered = []
    for pair, messages in written.items():
        (begin, asker, day), *rest = sorted(messages)
        answers = [moment for moment, way, _ in rest if way != asker]
        if answers:
            people = tuple(map(int, pair.split(":")))
            waited = answers[0] - begin
            hours = max(hours for hours in (0, 1, 4, 8, 24) if hours * HOUR <= waited)
            answered.append(((people[2 - asker], day, hours), (1,)))
    return grouped(answered, 1)
