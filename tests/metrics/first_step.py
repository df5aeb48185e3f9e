from tests.metrics import Counted
from tests.metrics.learner_step import expected as steps
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    hours: dict[tuple[object, object], list[int]] = {}
    for (user, step, hour), (times,) in steps(oracle).items():
        hours.setdefault((user, step), []).extend([hour] * times)
    firsts = [(user, step, min(each)) for (user, step), each in hours.items()]
    firsts += [
        (user, "second", sorted(each)[1])
        for (user, step), each in hours.items()
        if step == "completed" and len(each) > 1
    ]
    return dict.fromkeys(firsts, (1,))
