from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle, moment


def expected(oracle: Oracle) -> Counted:
    moments = (moment(each.get("scheduled_at")) for each in oracle.rows["sessions"])
    local = (instant.astimezone(oracle.zone) for instant in moments if instant)
    return grouped((((time.isoweekday(), time.hour), (1,)) for time in local), 1)
