from tests.metrics import Counted, grouped
from tests.metrics.learner_step import expected as steps
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    hours: dict[int, dict[str, list[int]]] = {}
    for (user, step, hour), (times,) in steps(oracle).items():
        hours.setdefault(user, {}).setdefault(step, []).extend([hour] * times)
    pairs = []
    for own in hours.values():
        done = {step: sorted(each) for step, each in own.items()}
        way = [
            ("1_registered", done.get("registered", [])[:1]),
            ("2_booked", done.get("booked", [])[:1]),
            ("3_completed", done.get("completed", [])[:1]),
            ("4_second", done.get("completed", [])[1:2]),
            ("5_paid", done.get("paid", [])[:1]),
        ]
        so_far: list[int] = []
        for step, first in way:
            if not first:
                break
            so_far += first
            pairs.append(((step, max(so_far) - so_far[0]), (1,)))
    return grouped(pairs, 1)
